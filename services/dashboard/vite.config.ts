import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defaultClientConditions, defaultServerConditions, loadEnv } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running gateway; the built page is served by the gateway itself. */
const gateway = loadEnv("development", ".", "TILANNE_")["TILANNE_URL"] ?? "http://127.0.0.1:8080";

/** The client library is taken from its source: there is nothing to build first. */
const SOURCE = "tilanne-source";

/**
 * Puts each script and style beside itself packed as well as it goes: the server packs what it makes
 * for each answer, fast and less well, and these are the same for everybody. After all has been written:
 * before that, plugins still change it.
 */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    writeBundle({ dir = "dist" }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        if (!/\.(js|css)$/.test(fileName)) continue;
        const path = join(dir, fileName);
        const whole = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: whole.length };
        writeFileSync(`${path}.br`, brotliCompressSync(whole, { params }));
        const level = constants.Z_BEST_COMPRESSION;
        writeFileSync(`${path}.gz`, gzipSync(whole, { level }));
      }
    },
  };
}

/**
 * Has the browser fetch what draws the map along with the page, which is there before it: the map is
 * asked for once the page has been painted, and needs no further round trip then.
 */
function mapAhead(): Plugin {
  return {
    name: "map-ahead",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
        const map = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/map/view.ts"));
        const entry = chunks.find(({ isEntry }) => isEntry);
        if (map === undefined || entry === undefined) throw new Error("there is no map to preload");
        const named = [entry.fileName, ...entry.imports];
        const ahead = [map.fileName, ...map.imports].filter((name) => !named.includes(name));
        return ahead.map((name) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `./${name}` },
          injectTo: "head",
        }));
      },
    },
  };
}

export default defineConfig({
  plugins: [packed(), mapAhead()],
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
