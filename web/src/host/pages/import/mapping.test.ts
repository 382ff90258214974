import { describe, expect, it } from 'vitest';
import { mappingOf, missingRole, rolesOf, withRole, type ColumnRole } from './mapping';

const sheet = {
  prompt: 1,
  correct: 6,
  options: [2, 3, 4, 5],
  accepted: [],
  points: null,
  notes: null,
  kind: null,
};
const roles: ColumnRole[] = ['unused', 'prompt', 'option', 'option', 'option', 'option', 'correct'];

describe('import mapping', () => {
  it('reads a mapping column by column and says it back', () => {
    expect(rolesOf(sheet, 7)).toEqual(roles);
    expect(mappingOf(roles)).toEqual(sheet);
    expect(mappingOf(['unused', 'correct'])).toBeNull();
  });

  it('knows nothing of a table that nobody could guess', () => {
    expect(rolesOf(null, 2)).toEqual(['unused', 'unused']);
  });

  it('takes what the server leaves out as unused and ignores columns that are not there', () => {
    expect(rolesOf({ prompt: 0, correct: 9, options: [1, -1], accepted: [] }, 3)).toEqual([
      'prompt',
      'option',
      'unused',
    ]);
  });

  it('moves a role that only one column can have', () => {
    expect(withRole(roles, 0, 'prompt')).toEqual([
      'prompt',
      'unused',
      'option',
      'option',
      'option',
      'option',
      'correct',
    ]);
  });

  it('lets several columns be options or accepted answers', () => {
    expect(withRole(roles, 0, 'option').filter((role) => role === 'option')).toHaveLength(5);
  });

  it('says what is missing', () => {
    expect(missingRole(roles)).toBeNull();
    expect(missingRole(['option', 'correct'])).toBe('prompt');
    expect(missingRole(['prompt', 'option'])).toBe('answer');
    expect(missingRole(['prompt', 'accepted'])).toBeNull();
  });
});
