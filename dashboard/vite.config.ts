import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `PERENNIAL_URL=http://127.0.0.1:4010 npx vite dashboard` serves the sources and hands the API's calls on. */
const api = process.env.PERENNIAL_URL ?? "http://127.0.0.1:4010";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Two dozen files of a few hundred bytes each would be fetched one after another; what plots and long lists need stays apart.
      output: {
        codeSplitting: {
          groups: [{ name: "parts", test: /dashboard[\\/](ui|contract)[\\/](?!chart|thin|table)/ }],
        },
      },
    },
  },
  server: { proxy: { "/v1": api, "/dashboard/session": api } },
});
