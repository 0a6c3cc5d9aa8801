import { fileURLToPath } from 'node:url'
import { VantResolver } from '@vant/auto-import-resolver'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'

const path = (to: string) => fileURLToPath(new URL(to, import.meta.url))

/** What the server answers itself, so that the service worker leaves it alone. */
const OF_SERVER = [/^\/api\//, /^\/docs/, /^\/problems/, /^\/openapi\.json/, /^\/metrics/, /^\/healthz/, /^\/readyz/]

/** Whether a file is made of what only leaders and admins use. */
const ofDesk = (sources: string[]) => sources.some((source) => /\/desk(\/|\.)|node_modules\/(echarts|zrender)\//.test(source))

export default defineConfig({
  // Parts of Vue that nothing here uses stay out.
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  resolve: {
    alias: [
      { find: '@', replacement: path('./src') },
      // Vant's own icons are a font of 15 KB inside its style; ours are a few masks.
      { find: /^vant\/es\/icon\/style\/index$/, replacement: path('./src/styles/icons.css') },
      { find: /^.*\/icon\/index\.css$/, replacement: path('./src/styles/icons.css') },
    ],
  },
  plugins: [
    vue(),
    components({ resolvers: [VantResolver()], dirs: [], dts: 'src/components.d.ts' }),
    VitePWA({
      registerType: 'autoUpdate',
      injectRegister: null,
      manifest: {
        id: '/',
        name: '千题学习',
        short_name: '千题',
        description: '党员干部应知应会 1000 题：每日一练、知识竞赛、支部排行',
        lang: 'zh-CN',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'portrait',
        background_color: '#f7f4f0',
        theme_color: '#b3171d',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['index.html', 'assets/*.{js,css}', 'icon.svg'],
        // What leaders and admins use at their desks is fetched when they open it.
        globIgnores: ['assets/desk-*'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: OF_SERVER,
        cleanupOutdatedCaches: true,
        inlineWorkboxRuntime: true,
        dontCacheBustURLsMatching: /^assets\//,
        sourcemap: false,
      },
    }),
  ],
  build: {
    target: 'es2020',
    cssTarget: 'chrome80',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: ({ moduleIds }) => `assets/${ofDesk(moduleIds) ? 'desk-' : ''}[name]-[hash].js`,
        assetFileNames: ({ originalFileNames }) => `assets/${ofDesk(originalFileNames) ? 'desk-' : ''}[name]-[hash][extname]`,
        codeSplitting: {
          groups: [
            // What every screen needs and what seldom changes.
            { name: 'base', test: /node_modules\/(@vue|vue|vue-router|vue-i18n|@intlify|openapi-fetch)\/|src\/api\/(client|failure)\.ts|vite\/preload-helper/ },
            { name: 'charts', test: /node_modules\/(echarts|zrender|tslib)\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
})
