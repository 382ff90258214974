//! Which characters the bytes of a file stand for: recognised, or refused in words.
//!
//! UTF-8 is tried first, for text in another encoding is practically never valid UTF-8 by accident.
//! Everything else is `chardetng`'s guess, which it always makes, so the outcome has to look like
//! writing before it is believed.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::quiz::import::Unreadable;

/// A file's text with the name of its encoding as the WHATWG Encoding Standard has it, in lower
/// case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Bytes that no character could be made of are U+FFFD here; the rows that hold one are refused
    /// later.
    pub(crate) text: String,
    pub(crate) encoding: String,
}

impl Decoded {
    fn new(text: impl Into<String>, encoding: &'static Encoding) -> Self {
        Self { text: text.into(), encoding: encoding.name().to_ascii_lowercase() }
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    refuse_known_binaries(bytes)?;
    if let Some((encoding, mark_len)) = Encoding::for_bom(bytes) {
        if encoding != UTF_8 {
            return decode_utf16(&bytes[mark_len..], encoding);
        }
        return decode_unmarked(&bytes[mark_len..]);
    }
    decode_unmarked(bytes)
}

fn refuse_known_binaries(bytes: &[u8]) -> Result<(), Unreadable> {
    const OLE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    /// "EncryptedPackage" in UTF-16, as the directory of such a container spells it.
    const PROTECTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
    const OTHERS: [&[u8]; 5] = [b"%PDF-", b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8", b"\x1F\x8B"];
    const UTF_32: [&[u8]; 2] = [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"];
    let starts = |magic: &&[u8]| bytes.starts_with(magic);
    if starts(&OLE) {
        // What a password protects is in a container of the old kind.
        let is_protected = bytes.windows(PROTECTED.len()).any(|window| window == PROTECTED);
        return Err(if is_protected { Unreadable::Protected } else { Unreadable::OldWorkbook });
    }
    if OTHERS.iter().any(starts) {
        return Err(Unreadable::NotText);
    }
    if UTF_32.iter().any(starts) {
        return Err(Unreadable::UnknownEncoding);
    }
    Ok(())
}

fn decode_utf16(bytes: &[u8], encoding: &'static Encoding) -> Result<Decoded, Unreadable> {
    debug_assert!(encoding == UTF_16LE || encoding == UTF_16BE, "the only other byte-order marks");
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or(Unreadable::Broken { encoding: "UTF-16" })?;
    if text.contains('\0') {
        return Err(Unreadable::NotText);
    }
    Ok(Decoded::new(text, encoding))
}

fn decode_unmarked(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    // Text has no zero byte; UTF-16 without its mark has one in every second place.
    if bytes.contains(&0) {
        return Err(Unreadable::NotText);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded::new(text, UTF_8));
    }
    if is_damaged_utf8(bytes) {
        return Ok(Decoded::new(String::from_utf8_lossy(bytes), UTF_8));
    }
    decode_legacy(bytes)
}

/// Whether the file is UTF-8 with a few spoilt places, such as rows pasted from elsewhere or a
/// character cut in half.
///
/// Each byte that goes on with a character as UTF-8 demands speaks for it; there must be two for
/// each wrong place. Text in another encoding has a right pair here and there by accident, and many
/// more wrong places.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().map(|c| c.len_utf8() - 1).sum::<usize>();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right >= 2 * wrong
}

fn decode_legacy(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // Lines in plain ASCII say nothing; in none of the encodings is a line break part of another
    // character.
    for line in bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| !line.is_ascii()) {
        detector.feed(line, false);
    }
    detector.feed(b"", true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .filter(|text| looks_written(text))
        .ok_or(Unreadable::UnknownEncoding)?;
    Ok(Decoded::new(text, encoding))
}

/// Whether the characters beyond ASCII stand where writing has them. A wrong guess puts capitals
/// and signs into the middle of words (Mac Roman "café" read as windows-1252 is "cafŽ") or makes
/// controls.
fn looks_written(text: &str) -> bool {
    let (mut beyond_ascii, mut odd) = (0_usize, 0_usize);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii() {
            if matches!(c, '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | char::REPLACEMENT_CHARACTER) {
                return false;
            }
            let after = chars.peek().copied().unwrap_or(' ');
            beyond_ascii += 1;
            odd += usize::from(is_odd_here(before, c, after));
        }
        before = c;
    }
    odd * 10 <= beyond_ascii
}

fn is_odd_here(before: char, c: char, after: char) -> bool {
    let in_word = before.is_lowercase();
    // A name such as MacÉwan has one as well, which the share of odd places forgives.
    if c.is_uppercase() {
        return in_word;
    }
    if c.is_alphanumeric() {
        return false;
    }
    let opens = matches!(c, '‚' | '„' | '¡' | '¿' | 'ˆ' | '‹' | '˜' | '¢' | '£' | '¤' | '¥');
    let joins = matches!(c, '’' | '‘' | '–' | '—' | '·' | '‑' | '…' | '\u{A0}' | '\u{AD}');
    in_word && (opens || (!joins && after.is_lowercase()))
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GBK, MACINTOSH, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253};

    use super::*;

    const ENGLISH: &str =
        "prompt,answer\nWhat did café “Zoë” sell?,crème brûlée\nWho wrote Émile?,Rousseau – a naïve man’s £5\n";

    fn name(bytes: &[u8]) -> Result<String, Unreadable> {
        decode(bytes).map(|decoded| decoded.encoding)
    }

    fn utf16(text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    }

    #[test]
    fn utf8_with_and_without_a_mark() {
        assert_eq!(decode(ENGLISH.as_bytes()).unwrap(), Decoded::new(ENGLISH, UTF_8));
        let marked = [b"\xEF\xBB\xBF", ENGLISH.as_bytes()].concat();
        assert_eq!(decode(&marked).unwrap(), Decoded::new(ENGLISH, UTF_8));
    }

    #[test]
    fn utf16_with_a_mark_in_either_order() {
        let little = utf16(ENGLISH, [0xFF, 0xFE], u16::to_le_bytes);
        let big = utf16(ENGLISH, [0xFE, 0xFF], u16::to_be_bytes);
        assert_eq!(decode(&little).unwrap(), Decoded { text: ENGLISH.to_owned(), encoding: "utf-16le".to_owned() });
        assert_eq!(decode(&big).unwrap(), Decoded { text: ENGLISH.to_owned(), encoding: "utf-16be".to_owned() });
        assert_eq!(name(&little[..little.len() - 1]), Err(Unreadable::Broken { encoding: "UTF-16" }));
        assert_eq!(name(b"\xFF\xFE\x00\xD8a\0"), Err(Unreadable::Broken { encoding: "UTF-16" }));
        assert_eq!(name(&little[2..]), Err(Unreadable::NotText), "without its mark");
    }

    #[test]
    fn older_encodings_are_recognised() {
        let czech = "otázka,odpověď\nKterý řeka teče přes Prahu?,Vltava\nJak se jmenuje nejvyšší hora?,Sněžka\n";
        let russian = "вопрос,ответ\nКакая столица России?,Москва\nКто написал «Войну и мир»?,Толстой\n";
        let greek = "ερώτηση,απάντηση\nΠοια είναι η πρωτεύουσα της Ελλάδας;,Αθήνα\nΠοιος έγραψε την Ιλιάδα;,Όμηρος\n";
        let japanese = "問題,答え\n日本の首都はどこですか,東京\n富士山の高さは何メートルですか,三七七六\n";
        let chinese = "问题,答案\n中国的首都是哪里,北京\n长城有多长,很长\n";
        let samples = [
            (WINDOWS_1252, ENGLISH),
            (WINDOWS_1250, czech),
            (WINDOWS_1251, russian),
            (WINDOWS_1253, greek),
            (SHIFT_JIS, japanese),
            (GBK, chinese),
        ];
        for (encoding, text) in samples {
            let (bytes, _, lossy) = encoding.encode(text);
            assert!(!lossy);
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded, Decoded::new(text, encoding));
        }
    }

    #[test]
    fn one_accent_is_enough_for_windows_1252() {
        for text in
            ["prompt,answer\nWhere is coffee drunk?,in a café\n", "q,a\nWho’s there?,Nobody\n", "q,a\n“Hi”?,x\n"]
        {
            let (bytes, _, _) = WINDOWS_1252.encode(text);
            assert_eq!(decode(&bytes).unwrap().text, text);
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let (mac, _, _) = MACINTOSH.encode("prompt,answer\nWhat did café Zoë sell?,crème brûlée, señor\n");
        assert_eq!(name(&mac), Err(Unreadable::UnknownEncoding));
        assert_eq!(name(b"prompt,answer\nna\x8Bve?,caf\x82\n"), Err(Unreadable::UnknownEncoding), "DOS code page 437");
        let noise: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24).max(1) as u8).collect();
        assert_eq!(name(&noise), Err(Unreadable::UnknownEncoding));
    }

    #[test]
    fn a_few_spoilt_places_do_not_hide_utf8() {
        let mut bytes = "Où est Zoë? Là-bas.\n".repeat(3).into_bytes();
        bytes.extend(b"\x93Hello\x94\n");
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.encoding, "utf-8");
        assert!(decoded.text.starts_with("Où est Zoë? Là-bas."));
        assert!(decoded.text.ends_with("\u{FFFD}Hello\u{FFFD}\n"));
    }

    #[test]
    fn other_files_are_named_for_what_they_are() {
        assert_eq!(name(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Err(Unreadable::OldWorkbook));
        assert_eq!(name(b"%PDF-1.7"), Err(Unreadable::NotText));
        assert_eq!(name(b"\xFF\xFE\0\0a\0\0\0"), Err(Unreadable::UnknownEncoding));
        assert_eq!(name(b"a,b\n\0,d\n"), Err(Unreadable::NotText));
    }
}
