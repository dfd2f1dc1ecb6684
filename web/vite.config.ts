import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Where `llmlab_api.web` looks for what it serves; Vercel builds into its own folder.
const outDir = process.env.LLMLAB_WEB_OUT ?? "../api/llmlab_api/web/built";

export default defineConfig({
  plugins: [react(), tailwindcss()],
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
  },
  server: {
    proxy: { "/api": process.env.LLMLAB_URL ?? "http://127.0.0.1:8000" },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "client/src/**/*.test.ts"],
    restoreMocks: true,
  },
});
