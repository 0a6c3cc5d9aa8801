/** Registers the service worker, which lets the app open without network. */
export function register(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  // A browser that refuses (private windows) has the app with network only.
  navigator.serviceWorker.register('/sw.js', { scope: '/' }).catch(() => {})
}
