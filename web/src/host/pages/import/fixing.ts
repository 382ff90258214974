import type { ImportFields, ImportFix, ImportMapping, ImportPreview, ImportPreviewProblem } from '../../rest';
import { t } from '../../text';
import type { ColumnRole } from './mapping';

/** A cell that can be put right. */
export interface FixField {
  /** Which column, from 0. */
  at: number;
  role: ColumnRole;
  label: string;
  /** What the column holds, where its name does not say so. */
  said: string | undefined;
}

/** The cells that make a question, in the order in which one is thought of. */
export function fieldsOf({ columns, mapping }: ImportFields): FixField[] {
  return inOrder(mapping).map(({ at, role }) => {
    const label = columns[at]?.trim() || t('column_number', { n: at + 1 });
    const said = t(`role_${role}`);
    return { at, role, label, said: label.toLowerCase().startsWith(said.toLowerCase()) ? undefined : said };
  });
}

/** A column that is both an option and the right answer is the right answer. */
function inOrder(mapping: ImportMapping): { at: number; role: ColumnRole }[] {
  const one = (role: ColumnRole, at: number | null | undefined) =>
    at === null || at === undefined ? [] : [{ at, role }];
  const options = mapping.options.filter((at) => at !== mapping.correct);
  return [
    ...one('prompt', mapping.prompt),
    ...one('correct', mapping.correct),
    ...options.flatMap((at) => one('option', at)),
    ...mapping.accepted.flatMap((at) => one('accepted', at)),
    ...one('points', mapping.points),
    ...one('notes', mapping.notes),
    ...one('kind', mapping.kind),
  ];
}

/** A row that was changed here and is right now, or that is left out. */
export interface ChangedRow {
  row: number;
  /** None when it is left out. */
  fixed: ImportPreview['fixed'][number]['question'] | undefined;
  cells: readonly string[] | undefined;
  text: string;
}

/** Sorts the rows of a preview into those that still need a look, and those that were dealt with here. */
export function sorted(
  { problems, fixed }: Pick<ImportPreview, 'problems' | 'fixed'>,
  fixes: readonly ImportFix[],
): { open: ImportPreviewProblem[]; changed: ChangedRow[] } {
  const leftOut = new Set(fixes.filter(({ cells }) => cells === undefined).map(({ row }) => row));
  const typed = new Map(fixes.map(({ row, cells }) => [row, cells]));
  const right = fixed.map(({ row, question }) => ({
    row,
    fixed: question,
    cells: typed.get(row),
    text: question.prompt,
  }));
  const out = problems.filter(({ row }) => leftOut.has(row));
  const changed = [
    ...right,
    ...out.map(({ row, text }) => ({ row, fixed: undefined, cells: undefined, text })),
  ];
  return {
    open: problems.filter(({ row }) => !leftOut.has(row)),
    changed: changed.sort((a, b) => a.row - b.row),
  };
}
