import { defineConfig } from "vitest/config";

/** The suite shares two slow cores with whatever else runs there. */
const LONGEST_TEST_MS = 180_000;

/**
 * Tests of the page in a real browser against the real server, in `TILANNE_BIN`: `npm run test:browser`;
 * with `--mode soak` the one that takes as long as it is told, `npm run soak`, and with `--mode frames` the
 * one of what a graphics card leaves to the processor, `npm run frames`.
 */
export default defineConfig(({ mode }) => ({
  // The client library is taken from its source, as the page does.
  ssr: { resolve: { conditions: ["tilanne-source"] } },
  test: {
    include: [`tests/browser/${["soak", "frames"].includes(mode) ? mode : "*.test"}.ts`],
    // One browser at a time: two of them would only measure each other.
    fileParallelism: false,
    testTimeout: LONGEST_TEST_MS,
    hookTimeout: LONGEST_TEST_MS,
  },
}));
