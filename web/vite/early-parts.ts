import type { Plugin, Rolldown } from 'vite';
import { firstRequests, pathPatterns } from '../src/host/router.ts';

/**
 * Writes `early.json`: what a browser may fetch at once for a path of the host's app, instead of after the app has
 * started and asked for its page. The server names it in the `Link` header of the page.
 */
export function earlyParts(): Plugin {
  return {
    name: 'early-parts',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const app = chunks.find((chunk) => chunk.isEntry);
      if (!app) throw new Error('the app has no entry');
      const known = filesOf(app, bundle);
      const early = pathPatterns.map(([path, page]): [string, string[]] => {
        const chunk = chunks.find(
          ({ isDynamicEntry, name }) => isDynamicEntry && name === componentName(page),
        );
        if (!chunk) throw new Error(`no chunk is called ${componentName(page)}`);
        const files = [...filesOf(chunk, bundle)].filter((file) => !known.has(file)).sort();
        return [path, [...files.map((file) => `/${file}`), ...firstRequests(page)]];
      });
      this.emitFile({
        type: 'asset',
        fileName: 'early.json',
        source: JSON.stringify(Object.fromEntries(early), undefined, 1) + '\n',
      });
    },
  };
}

/** The files that a chunk needs before it runs: its own, its style sheets, and those of what it imports. */
function filesOf(
  chunk: Rolldown.OutputChunk,
  bundle: Rolldown.OutputBundle,
  found = new Set<string>(),
): Set<string> {
  if (found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  for (const sheet of chunk.viteMetadata?.importedCss ?? []) found.add(sheet);
  for (const name of chunk.imports) {
    const imported = bundle[name];
    if (imported?.type === 'chunk') filesOf(imported, bundle, found);
  }
  return found;
}

/** `PrintQuiz` for the page `print-quiz`. */
function componentName(page: string): string {
  return page.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
