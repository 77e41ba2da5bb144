import react from '@vitejs/plugin-react'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Parts of packages that every visit would fetch and none uses. */
const STUBS: Record<string, string> = {
  // The server speaks WebSocket and polling, and JSON alone.
  'engine.io-client/build/esm/transports/webtransport.js': 'export const WT = undefined',
  'socket.io-parser/build/esm/is-binary.js': 'export const isBinary = () => false, hasBinary = isBinary',
  'socket.io-parser/build/esm/binary.js': 'export const deconstructPacket = undefined, reconstructPacket = undefined',
}
const drawing = join(import.meta.dirname, 'src/components/drawing.tsx')

const lean: Plugin = {
  name: 'lean',
  apply: 'build',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    // The list of all there is brings along what only `io()` needs.
    if (source !== 'socket.io-client') return undefined
    return (await this.resolve(source, importer, { ...options, skipSelf: true }))?.id.replace(/index\.js$/, 'manager.js')
  },
  load: (id) => Object.entries(STUBS).find(([file]) => id.endsWith(file))?.[1],
  transform(code, id) {
    if (!id.includes('/lucide-react/dist/esm/icons/')) return undefined
    // Of an icon only its lines, and not the keys that are as long as they are.
    return code
      .replace('../createLucideIcon.mjs', drawing)
      .replace('createLucideIcon(__iconData)', 'createLucideIcon(__iconData.node)')
      .replace(/^ {2}(name|size|aliases): .*\n/gm, '')
      .replace(/,\s*key: "\w+"/g, '')
  },
}

const server = process.env.MADANG_DEV_SERVER ?? 'http://localhost:8000'

export default defineConfig({
  plugins: [react(), lean],
  build: {
    outDir: '../../server/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // A page under `script-src 'self'` may not load what is inlined as data.
    assetsInlineLimit: 0,
    // Of what a page brings along only its styles are named where it is asked for: a list of all scripts would come with every first screen.
    modulePreload: { polyfill: false, resolveDependencies: (_page, files) => files.filter((file) => file.endsWith('.css')) },
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
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
