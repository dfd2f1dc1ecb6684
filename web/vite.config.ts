import { fileURLToPath } from "node:url";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// Where `llmlab_api.web` looks for what it serves; Vercel builds into its own folder.
const outDir = process.env.LLMLAB_WEB_OUT ?? "../api/llmlab_api/web/built";

/** Leaves a packed copy beside every file that shrinks: the API sends what is there and packs nothing. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
          if (!/\.(js|css|html|svg)$/.test(name)) continue;
          const file = join(outDir, name);
          const content = readFileSync(file);
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
          writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
          writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
        }
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), packed()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    conditions: ["llmlab-source", "module", "browser", "development|production"],
  },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // No data: URLs, which the Content-Security-Policy keeps out.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs, in two pieces: libraries change less often than the rest.
            { name: "libraries", tags: ["$initial"], test: /node_modules/, priority: 2 },
            { name: "ground", tags: ["$initial"], priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": process.env.LLMLAB_URL ?? "http://127.0.0.1:8000" },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "client/src/**/*.test.ts"],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
