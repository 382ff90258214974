//! The text format of the public `OpenTriviaQA` collection.
//!
//! `#Q` and the prompt, which may run over lines; `^` and the correct answer; `A`, `B` and so on
//! with an option each, one of which reads like the correct answer. Lines end in `\n` or `\r\n`,
//! mixed.

use crate::limits::IMPORT_ROWS_MAX;
use crate::quiz::import::correct::{Style, resolve};
use crate::quiz::import::csv::Record;
use crate::quiz::import::preview::{Refused, Source, shown};
use crate::quiz::import::{Fields, Reason, Unreadable, mojibake, table};
use crate::quiz::question::{ChoiceInput, Draft, QuestionInput};
use crate::quiz::text::{is_blank, trim};

/// Each question by the line of its `#Q`, and each line that belongs to none.
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    fields: Fields,
}

impl Blocks {
    pub(crate) fn open(text: &str) -> Result<Self, Unreadable> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut count = 0;
        for (index, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if let Some(prompt) = after_sign(line, "#Q") {
                count += 1;
                blocks.push(Block::new(index + 1, prompt));
            } else if let Some(block) = blocks.last_mut().filter(|_| count > 0) {
                block.add(line);
            } else if !is_blank(line) {
                blocks.push(Block { is_stray: true, ..Block::new(index + 1, line) });
            }
        }
        if count > IMPORT_ROWS_MAX {
            return Err(Unreadable::TooManyRows { rows: count });
        }
        Ok(Self { blocks, fields: Fields::of_a_question() })
    }
}

impl Source for Blocks {
    fn fields(&self) -> Fields {
        self.fields.clone()
    }

    fn numbers(&self) -> Vec<usize> {
        self.blocks.iter().map(|block| block.line).collect()
    }

    fn read(&self, at: usize) -> Result<Draft, Refused> {
        let block = &self.blocks[at];
        block.read().map_err(|reasons| Refused { reasons, text: shown(&block.prompt) })
    }

    fn read_fixed(&self, at: usize, cells: &[String]) -> Result<Draft, Refused> {
        let row = Record::typed(self.blocks[at].line, cells);
        let fixed = table::read_question(&row, &self.fields.mapping, Style::WORDS);
        fixed.map_err(|reasons| Refused { reasons, text: shown(row.cell(self.fields.mapping.prompt)) })
    }

    fn cells(&self, at: usize) -> Vec<String> {
        let Block { prompt, correct, options, .. } = &self.blocks[at];
        let bare = |text: &String| trim(text).to_owned();
        let mut correct = correct.iter().map(bare);
        let mut cells = vec![bare(prompt), correct.next().unwrap_or_default()];
        cells.extend(options.iter().map(bare));
        cells.resize(self.fields.columns.len(), String::new());
        cells.extend(correct);
        cells
    }
}

/// One question while its lines come in.
struct Block {
    line: usize,
    /// It is but a line before the first question.
    is_stray: bool,
    prompt: String,
    correct: Vec<String>,
    options: Vec<String>,
}

impl Block {
    fn new(line: usize, prompt: &str) -> Self {
        Self { line, is_stray: false, prompt: prompt.to_owned(), correct: Vec::new(), options: Vec::new() }
    }

    /// A line with a sign begins a part; any other goes on with the part before it. Before the
    /// correct answer all is prompt, for that may begin with "A" as well.
    fn add(&mut self, line: &str) {
        if let Some(correct) = after_sign(line, "^") {
            self.correct.push(correct.to_owned());
            return;
        }
        if self.correct.is_empty() {
            self.prompt.push('\n');
            self.prompt.push_str(line);
            return;
        }
        let letter = b"ABCDEF".get(self.options.len()).map(|&letter| char::from(letter).to_string());
        if let Some(option) = letter.and_then(|letter| after_sign(line, &letter)) {
            self.options.push(option.to_owned());
            return;
        }
        let part = self.options.last_mut().or(self.correct.last_mut());
        if let Some(part) = part.filter(|_| !is_blank(line)) {
            part.push('\n');
            part.push_str(line);
        }
    }

    fn read(&self) -> Result<Draft, Vec<Reason>> {
        if self.is_stray {
            return Err(vec![Reason::StrayLine]);
        }
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        let mut reasons = Vec::new();
        let texts = [self.prompt.as_str()].into_iter().chain(options.iter().copied());
        let garbled = texts.into_iter().find_map(mojibake::find);
        reasons.extend(garbled.map(|excerpt| Reason::Mojibake { excerpt: shown(&excerpt) }));
        let correct = match self.correct.as_slice() {
            [] => {
                reasons.push(Reason::NoCorrectLine);
                return Err(reasons);
            }
            [correct] => resolve(correct, &options, Style::WORDS),
            [_, _, ..] => Err(Reason::SeveralCorrectLines),
        };
        // The first stands in for one that cannot be told, so that the check can still name what
        // else is wrong.
        let correct = correct.unwrap_or_else(|reason| {
            reasons.push(reason);
            0
        });
        let choices = options.iter().enumerate();
        let choices = choices.map(|(at, option)| ChoiceInput { text: (*option).to_owned(), correct: at == correct });
        let input = QuestionInput {
            kind: Some("multiple_choice".to_owned()),
            prompt: self.prompt.clone(),
            choices: Some(choices.collect()),
            ..QuestionInput::default()
        };
        match input.check() {
            Ok(draft) if reasons.is_empty() => return Ok(draft),
            Ok(_) => {}
            Err(problems) => reasons.extend(problems.into_iter().map(Reason::Content)),
        }
        Err(reasons)
    }
}

/// What follows a sign and a blank at the beginning of a line.
fn after_sign<'l>(line: &'l str, sign: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(sign)?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use crate::quiz::question::Answer;

    use super::*;

    #[test]
    fn questions_are_read_whatever_the_line_ends() {
        let text = "\n#Q A riddle:\r\nA man walks.\r\n\r\nWho?\n^ He\nA She\nB He\r\n\r\n#Q Two?\n^ yes\nA Yes\nB No\nC Maybe\n";
        let blocks = Blocks::open(text).unwrap();
        assert_eq!(blocks.numbers(), [2, 10]);
        let draft = blocks.read(0).unwrap();
        assert_eq!(draft.prompt, "A riddle:\nA man walks.\n\nWho?");
        let Answer::MultipleChoice { choices } = &draft.answer else { panic!("multiple choice") };
        assert_eq!(choices.iter().position(|choice| choice.correct), Some(1));
        assert!(blocks.read(1).is_ok());
    }

    #[test]
    fn what_is_wrong_is_reported_by_line() {
        let text = "stray\n#Q One?\nA x\nB y\n#Q Two?\n^ z\nA x\nB y\n#Q Three?\n^ x\nA x\nB y\nmore of B\n#Q Four?\n^ a\n^ b\nA a\nB b\n";
        let blocks = Blocks::open(text).unwrap();
        let found: Vec<String> = (blocks.numbers().into_iter().enumerate())
            .map(|(at, row)| {
                let refused = blocks.read(at).unwrap_err();
                let reasons: Vec<_> = refused.reasons.iter().map(ToString::to_string).collect();
                format!("{row} {}: {}", refused.text, reasons.join(" "))
            })
            .collect();
        insta::assert_snapshot!(found.join("\n"), @r"
        1 stray: This line belongs to no question.
        2 One? A x B y: The question has no line with its correct answer (^).
        5 Two?: The correct answer “z” is none of the options.
        9 Three?: Choice 2 runs over several lines or holds a tab; it must be a single line.
        14 Four?: The question has several lines with a correct answer (^).
        ");
    }
}
