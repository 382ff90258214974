import type { Rolldown } from 'vite';

/**
 * Names the file of what a host's pages have in common and the app does not start with. Left to itself each part is a
 * file of its own: twenty requests on the way to a first page, which a browser makes six at a time.
 */
export function partsOfPages(id: string, modules: Rolldown.ChunkingContext): string | null {
  const [, place] = /[\\/]src[\\/]host[\\/]([\w-]+)/.exec(id) ?? [];
  if (place === undefined || place === 'pages' || place === 'console') return null;
  return startsTheApp(id, modules) ? null : 'parts';
}

/** Whether a page's script imports the module, itself or by way of others, before it asks for anything. */
function startsTheApp(id: string, modules: Rolldown.ChunkingContext, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = modules.getModuleInfo(id);
  if (!info) return false;
  return info.isEntry || info.importers.some((importer) => startsTheApp(importer, modules, seen));
}
