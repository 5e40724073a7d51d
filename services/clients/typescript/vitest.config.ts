import { defineConfig } from "vitest/config";

export default defineConfig({
  // As the dashboard does: from the source, without a build.
  ssr: { resolve: { conditions: ["tilanne-source"] } },
  test: {
    include: ["tests/**/*.test.ts"],
    // Node has a WebSocket of its own from 22 on; 20 has it behind this flag.
    execArgv: typeof WebSocket === "undefined" ? ["--experimental-websocket"] : [],
  },
});
