import { createHash } from 'node:crypto';
import { minify } from 'terser';
import type { Plugin } from 'vite';

/** Sends the page's one script through a second minifier, which finds some two per cent that the first leaves. */
export function minifyAgain(): Plugin {
  return {
    name: 'minify-again',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const scripts = Object.values(bundle).filter((file) => file.type === 'chunk');
      const script = scripts[0];
      if (scripts.length !== 1 || script === undefined) throw new Error('one script was expected');
      const { code } = await minify(script.code, {
        module: true,
        ecma: 2020,
        compress: { passes: 3, keep_fargs: false },
      });
      if (code === undefined) throw new Error('the script became nothing');
      const hash = createHash('sha256').update(code).digest('base64url').slice(0, 8);
      const fileName = `assets/${script.name}-${hash}.js`;
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue;
        file.source = String(file.source).replace(script.fileName, fileName);
      }
      Reflect.deleteProperty(bundle, script.fileName);
      this.emitFile({ type: 'asset', fileName, source: code });
    },
  };
}
