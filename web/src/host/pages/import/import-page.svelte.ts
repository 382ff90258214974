import { banks, imports, server, type ImportAsked } from '../../api';
import { notices } from '../../notices.svelte';
import { reasonOf } from '../../reason';
import type { Bank, Import, ImportFix, ImportPreview } from '../../rest';
import { t } from '../../text';
import { mappingOf, missingRole, rolesOf, withRole, type ColumnRole } from './mapping';

const POLL_MS = 700;

/** What a preview holds of a sheet that is not read. */
const NOTHING = {
  columns: [],
  mapping: null,
  fields: null,
  total: 0,
  importable: 0,
  rows: [],
  fixed: [],
  problems: [],
} satisfies Partial<ImportPreview>;

/** Questions from a file or pasted text into a bank: preview, import, progress, and taking it back. */
export class ImportPage {
  bank = $state.raw<Bank>();
  source = $state.raw<{ name: string; content: Blob }>();
  preview = $state.raw<ImportPreview>();
  roles = $state.raw<ColumnRole[]>([]);
  /** The sheet of a workbook that was asked for. */
  sheet = $state<string>();
  /** What was changed here about single rows, in the order in which it was. */
  fixes = $state.raw<ImportFix[]>([]);
  /** True while a preview is on its way. */
  reading = $state(false);
  failed = $state('');
  /** Why the bank could not be loaded. */
  unloaded = $state('');
  /** The import that was started here, or that was found running. */
  run = $state.raw<Import>();
  earlier = $state.raw<Import[]>([]);
  readonly #id: string;
  /** The server's setting. */
  #bytesMax = Infinity;
  #asked: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #turn: Promise<boolean> = Promise.resolve(true);

  readonly isTable = $derived(this.preview?.format === 'csv' || this.preview?.format === 'xlsx');
  readonly missing = $derived(this.isTable ? missingRole(this.roles) : null);
  readonly ready = $derived(!this.reading && (this.preview?.importable ?? 0) > 0 && this.missing === null);

  constructor(id: string) {
    this.#id = id;
  }

  async load(): Promise<void> {
    this.unloaded = '';
    try {
      this.bank = await banks.get(this.#id);
      this.earlier = await imports.list(this.#id);
      this.#bytesMax = (await server()).upload_bytes_max;
      const running = this.earlier.find((item) => item.state === 'running');
      if (running) this.#follow(running);
    } catch (error) {
      this.unloaded = reasonOf(error);
    }
  }

  leave(): void {
    this.#left = true;
    this.#asked?.abort();
    clearTimeout(this.#timer);
  }

  async choose(name: string, content: Blob): Promise<void> {
    this.startOver();
    if (content.size > this.#bytesMax) {
      this.failed = t('import_too_big', { name, mb: Math.floor(this.#bytesMax / 1_048_576) });
      return;
    }
    this.source = { name, content };
    await this.#read(false);
  }

  async setRole(column: number, role: ColumnRole): Promise<void> {
    this.roles = withRole(this.roles, column, role);
    if (this.missing === null) await this.#read(true);
  }

  /** Reads another sheet of the workbook, without what was changed in the last one. */
  async setSheet(sheet: string): Promise<void> {
    this.sheet = sheet;
    this.fixes = [];
    this.roles = [];
    // Until it is there, and if it cannot be read, there is nothing but the choice.
    if (this.preview) this.preview = { ...this.preview, ...NOTHING, sheet };
    await this.#read(false);
  }

  /** Changes a row, or leaves it out, and reads the file anew; true when the server has read it so. */
  async fix(fix: ImportFix): Promise<boolean> {
    return this.#inTurn(() => [...this.fixes.filter(({ row }) => row !== fix.row), fix]);
  }

  /** Takes a row as the file has it. */
  async unfix(row: number): Promise<boolean> {
    return this.#inTurn(() => this.fixes.filter((fix) => fix.row !== row));
  }

  /** One after the other, so that none is lost to the one that follows. */
  #inTurn(changed: () => ImportFix[]): Promise<boolean> {
    const { source } = this;
    this.#turn = this.#turn.then(async () => {
      // Another file may have come in the meantime.
      if (this.source !== source) return false;
      const before = this.fixes;
      const fixes = changed();
      this.fixes = fixes;
      if (await this.#read(true)) return true;
      if (this.fixes === fixes) this.fixes = before;
      return false;
    });
    return this.#turn;
  }

  startOver(): void {
    this.#asked?.abort();
    this.source = undefined;
    this.preview = undefined;
    this.sheet = undefined;
    this.fixes = [];
    this.run = undefined;
    this.failed = '';
  }

  async start(): Promise<void> {
    if (this.source === undefined || this.preview === undefined || !this.ready) return;
    this.failed = '';
    try {
      this.#follow(await imports.start(this.#id, this.source.content, this.#how(true)));
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  async cancel(): Promise<void> {
    if (this.run === undefined) return;
    clearTimeout(this.#timer);
    await this.#settle(imports.cancel(this.#id, this.run.id), t('import_cancelled'));
  }

  async undo(item: Import): Promise<void> {
    await this.#settle(imports.undo(this.#id, item.id), t('import_undone', { n: item.imported }));
  }

  #how(mapped: boolean): ImportAsked {
    const mapping = mapped && this.isTable ? mappingOf(this.roles) : null;
    return { mapping, sheet: this.sheet, fixes: this.fixes };
  }

  async #read(mapped: boolean): Promise<boolean> {
    if (this.source === undefined) return false;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.reading = true;
    this.failed = '';
    try {
      const preview = await imports.preview(this.#id, this.source.content, this.#how(mapped), asked.signal);
      if (asked.signal.aborted) return false;
      this.preview = preview;
      if (!mapped) this.roles = rolesOf(preview.mapping, preview.columns.length);
      notices.say(t('import_summary', { importable: preview.importable, total: preview.total }));
      return true;
    } catch (error) {
      if (asked.signal.aborted) return false;
      this.failed = reasonOf(error);
      // Of a workbook another sheet may do.
      if (!mapped && this.sheet === undefined) this.source = undefined;
      return false;
    } finally {
      if (this.#asked === asked) this.reading = false;
    }
  }

  #follow(item: Import): void {
    this.run = item;
    if (item.state !== 'running') {
      void this.#finished(item);
      return;
    }
    this.#timer = setTimeout(async () => {
      let next = item;
      try {
        next = await imports.get(this.#id, item.id);
        this.failed = '';
      } catch (error) {
        this.failed = reasonOf(error);
      }
      if (!this.#left) this.#follow(next);
    }, POLL_MS);
  }

  async #finished(item: Import): Promise<void> {
    if (item.state === 'done') notices.say(t('import_done', { n: item.imported }));
    this.earlier = await imports.list(this.#id).catch(() => this.earlier);
  }

  async #settle(call: Promise<Import>, said: string): Promise<void> {
    try {
      const item = await call;
      if (this.run?.id === item.id) this.run = item;
      notices.say(said);
      this.earlier = await imports.list(this.#id);
    } catch (error) {
      notices.tell(reasonOf(error));
    }
  }
}
