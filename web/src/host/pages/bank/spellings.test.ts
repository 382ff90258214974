import { describe, expect, it } from 'vitest';
import { allSpellings, splitSpellings, typedSpelling, withSpellings } from './spellings';

describe('splitSpellings', () => {
  it.each([
    ['Paris', [], 'Paris'],
    ['Paris,', ['Paris'], ''],
    ['Paris, Paname', ['Paris'], ' Paname'],
    [' , ,', [], ''],
    ['one\ntwo\n', ['one', 'two'], ''],
    ['"Paris, Texas"', [], '"Paris, Texas"'],
    ['"Paris, Texas",', ['Paris, Texas'], ''],
    ['"Paris, Tex', [], '"Paris, Tex'],
    ['5" nail,', ['5" nail'], ''],
  ])('%j', (text, done, rest) => {
    expect(splitSpellings(text)).toEqual({ done, rest });
  });
});

describe('allSpellings', () => {
  it('completes the last one too, also with its quote left open', () => {
    expect(allSpellings('Paris, Paname')).toEqual(['Paris', 'Paname']);
    expect(allSpellings('"Paris, Tex')).toEqual(['Paris, Tex']);
    expect(allSpellings('5" nail')).toEqual(['5" nail']);
    expect(allSpellings('  ')).toEqual([]);
  });

  it('reads back every spelling that is put into the field again', () => {
    for (const spelling of ['Paris', 'Paris, Texas', 'a,b,c']) {
      expect(allSpellings(typedSpelling(spelling))).toEqual([spelling]);
    }
  });
});

describe('withSpellings', () => {
  it('adds each once', () => {
    expect(withSpellings(['a'], ['b', 'a', 'b'])).toEqual(['a', 'b']);
  });
});
