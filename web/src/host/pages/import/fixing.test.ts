import { expect, test } from 'vitest';
import { importBody } from '../../api';
import { fieldsOf, sorted } from './fixing';

const question = { type: 'text' as const, prompt: 'Who?', points: 1000, accepted_answers: ['me'] };

test('the cells of a row come in the order of a question, and say what they hold', () => {
  const columns = ['Category', 'B', 'A', 'Solution', 'Question', ' '];
  const mapping = {
    prompt: 4,
    correct: 3,
    options: [2, 1, 3],
    accepted: [],
    points: 5,
    notes: null,
    kind: null,
  };
  expect(fieldsOf({ columns, mapping }).map(({ at, label, said }) => [at, label, said])).toEqual([
    [4, 'Question', undefined],
    [3, 'Solution', 'Right answer'],
    [2, 'A', 'Option'],
    [1, 'B', 'Option'],
    [5, 'Column 6', 'Points'],
  ]);
});

test('a row that is left out needs no look; one that is still wrong does', () => {
  const problem = (row: number) => ({ row, reason: 'No.', text: `Row ${row}`, cells: ['x'] });
  const preview = { problems: [problem(2), problem(5), problem(9)], fixed: [{ row: 7, question }] };
  const fixes = [{ row: 9 }, { row: 7, cells: ['Who?', 'me'] }, { row: 5, cells: ['x'] }];
  const { open, changed } = sorted(preview, fixes);
  expect(open.map(({ row }) => row)).toEqual([2, 5]);
  expect(changed).toEqual([
    { row: 7, fixed: question, cells: ['Who?', 'me'], text: 'Who?' },
    { row: 9, fixed: undefined, cells: undefined, text: 'Row 9' },
  ]);
});

test('a file goes as it is, or as a form with the fixes', async () => {
  const file = new Blob(['Question,Answer\n'], { type: 'text/csv' });
  const bare = importBody(file, { mapping: null, fixes: [] });
  expect(bare.type).toBe('application/octet-stream');
  const form = importBody(file, { mapping: null, fixes: [{ row: 2 }] });
  const edge = /^multipart\/form-data; boundary=(quibble-[0-9a-f-]+)$/.exec(form.type)?.[1];
  const text = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsText(form);
  });
  expect(text).toBe(
    `--${edge}\r\ncontent-disposition: form-data; name="fixes"\r\n\r\n[{"row":2}]\r\n` +
      `--${edge}\r\ncontent-disposition: form-data; name="file"\r\n\r\nQuestion,Answer\n\r\n--${edge}--\r\n`,
  );
});
