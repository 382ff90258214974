import type { Plugin } from 'vite';

/**
 * Lets a page ask for its fonts at once, instead of when the script has put the first text into it: the text comes in its
 * own font then, and nothing moves. Fonts of rarer letters still wait for one.
 */
export function earlyFonts(): Plugin {
  return {
    name: 'early-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const fonts = Object.keys(bundle ?? {}).filter((name) => /-latin-(?!ext).*\.woff2$/.test(name));
        if (fonts.length === 0) throw new Error('the page has no fonts');
        return fonts.map((name) => ({
          tag: 'link',
          attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `/${name}` },
          injectTo: 'head',
        }));
      },
    },
  };
}
