import type { ImportMapping } from '../../rest';

/** What one column of a table holds. */
export type ColumnRole =
  'unused' | 'prompt' | 'correct' | 'option' | 'accepted' | 'points' | 'notes' | 'kind';

/** Every role, in the order a menu offers them. */
export const columnRoles: readonly ColumnRole[] = [
  'unused',
  'prompt',
  'correct',
  'option',
  'accepted',
  'points',
  'notes',
  'kind',
];

/** The roles that only one column can have. */
const single: readonly ColumnRole[] = ['prompt', 'correct', 'points', 'notes', 'kind'];

/** The role of each of `count` columns, none by no mapping; an index outside the table is ignored. */
export function rolesOf(mapping: ImportMapping | null, count: number): ColumnRole[] {
  const roles = Array.from<ColumnRole>({ length: count }).fill('unused');
  if (mapping === null) return roles;
  const place = (index: number | null | undefined, role: ColumnRole) => {
    if (index !== null && index !== undefined && index >= 0 && index < count) roles[index] = role;
  };
  for (const index of mapping.options) place(index, 'option');
  for (const index of mapping.accepted) place(index, 'accepted');
  place(mapping.kind, 'kind');
  place(mapping.notes, 'notes');
  place(mapping.points, 'points');
  place(mapping.correct, 'correct');
  place(mapping.prompt, 'prompt');
  return roles;
}

/** The mapping that a list of roles says; null while no column holds the question. */
export function mappingOf(roles: readonly ColumnRole[]): ImportMapping | null {
  const first = (role: ColumnRole) => {
    const index = roles.indexOf(role);
    return index < 0 ? null : index;
  };
  const all = (role: ColumnRole) => roles.flatMap((is, index) => (is === role ? [index] : []));
  const prompt = first('prompt');
  if (prompt === null) return null;
  return {
    prompt,
    correct: first('correct'),
    options: all('option'),
    accepted: all('accepted'),
    points: first('points'),
    notes: first('notes'),
    kind: first('kind'),
  };
}

/** Gives a column a role; a role that only one column can have is taken from the column that had it. */
export function withRole(roles: readonly ColumnRole[], column: number, role: ColumnRole): ColumnRole[] {
  return roles.map((is, index) => {
    if (index === column) return role;
    return is === role && single.includes(role) ? 'unused' : is;
  });
}

/** What a mapping still lacks before rows can become questions. */
export function missingRole(roles: readonly ColumnRole[]): 'prompt' | 'answer' | null {
  if (!roles.includes('prompt')) return 'prompt';
  return roles.includes('correct') || roles.includes('accepted') ? null : 'answer';
}
