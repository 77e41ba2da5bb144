import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.MADANG_DEV_SERVER ?? 'http://localhost:8000'

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../../server/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // A page under `script-src 'self'` may not load what is inlined as data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every visit needs in one piece: it packs better than twenty small ones.
        codeSplitting: { groups: [{ name: 'madang', tags: ['$initial'] }] },
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false },
      '/socket.io': { target: server, ws: true, changeOrigin: false },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
  },
})
