import { defaultClientConditions, defaultServerConditions, loadEnv } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running gateway; the built page is served by the gateway itself. */
const gateway = loadEnv("development", ".", "TILANNE_")["TILANNE_URL"] ?? "http://127.0.0.1:8080";

/** The client library is taken from its source: there is nothing to build first. */
const SOURCE = "tilanne-source";

export default defineConfig({
  base: "./",
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
  build: {
    target: "es2022",
    // The policy of the server is `default-src 'self'`: nothing may be inlined as a data: script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre is most of the page; it is one chunk of its own, so that it stays in the cache.
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: "maplibre", test: /node_modules\/(@maplibre|maplibre-gl)\// }],
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: { "/v1": { target: gateway, ws: true }, "/replays": { target: gateway, ws: true } },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    // These need the binary and a browser: `npm run test:browser`.
    exclude: ["tests/browser/**"],
  },
});
