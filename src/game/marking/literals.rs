//! Numbers written with digits: their thousands and decimal separators.

/// Reads the number at the start of `chars`, which is an ASCII digit; tells how many characters it takes and how it
/// is written here: `1,000`, `1 000`, `1'000` and `1.000.000` lose their separators, a decimal comma becomes a point,
/// and decimal zeros at the end go.
///
/// A single point before three digits could be either kind of separator: such a number stays as it is written and
/// equals neither 1000 nor 1.
pub(super) fn number_literal(chars: &[char]) -> (usize, String) {
    let mut groups = vec![digits(chars)];
    let mut separators = Vec::new();
    let mut used = groups[0].len();
    while let Some(&separator @ ('.' | ',' | '\'' | '·')) = chars.get(used) {
        let group = digits(&chars[used + 1..]);
        if group.is_empty() {
            break;
        }
        used += 1 + group.len();
        separators.push(if separator == '·' { '.' } else { separator });
        groups.push(group);
    }
    if separators.is_empty() {
        return spaced_thousands(chars);
    }
    (used, joined(&groups, &separators))
}

/// `1 000 000`, as most of Europe writes it.
fn spaced_thousands(chars: &[char]) -> (usize, String) {
    let mut groups = vec![digits(chars)];
    let mut used = groups[0].len();
    while chars.get(used) == Some(&' ') {
        let group = digits(&chars[used + 1..]);
        if group.len() != 3 {
            break;
        }
        used += 1 + group.len();
        groups.push(group);
    }
    let separated_otherwise =
        matches!(chars.get(used), Some('.' | ',' | '\'')) && chars.get(used + 1).is_some_and(char::is_ascii_digit);
    if groups.len() > 1 && is_grouped(&groups) && !separated_otherwise {
        (used, groups.concat())
    } else {
        (groups[0].len(), groups.swap_remove(0))
    }
}

fn joined(groups: &[String], separators: &[char]) -> String {
    let (first, last) = (separators[0], separators[separators.len() - 1]);
    let leading_same = separators[..separators.len() - 1].iter().all(|&s| s == first);
    let alone = separators.len() == 1;
    if leading_same && first == last && is_grouped(groups) && !(alone && first == '.') {
        return groups.concat();
    }
    let (whole, decimals) = groups.split_at(groups.len() - 1);
    let decimal_mark = last != '\'';
    if decimal_mark && (alone || leading_same && first != last && is_grouped(whole)) {
        return with_decimals(&whole.concat(), &decimals[0]);
    }
    // Versions, addresses and dates (3.1.4) are no numbers but keep their points; lists (1,2,3) fall apart.
    let mut text = groups[0].clone();
    for (separator, group) in separators.iter().zip(&groups[1..]) {
        text.push(if *separator == '.' { '.' } else { ' ' });
        text.push_str(group);
    }
    text
}

/// Whether the groups are those of thousands: up to three digits, then three each.
fn is_grouped(groups: &[String]) -> bool {
    (1..=3).contains(&groups[0].len())
        && !groups[0].starts_with('0')
        && groups[1..].iter().all(|group| group.len() == 3)
}

/// Zeros at the end say nothing, unless the decimals could be thousands.
fn with_decimals(whole: &str, decimals: &str) -> String {
    let kept = if decimals.len() == 3 { decimals } else { decimals.trim_end_matches('0') };
    if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") }
}

fn digits(chars: &[char]) -> String {
    chars.iter().take_while(|c| c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_separators() {
        let read = |text: &str| number_literal(&text.chars().collect::<Vec<_>>());
        for (text, used, number) in [
            ("1000", 4, "1000"),
            ("1,000", 5, "1000"),
            ("1 000", 5, "1000"),
            ("1'000'000", 9, "1000000"),
            ("12 345 678 men", 10, "12345678"),
            ("1.000.000", 9, "1000000"),
            ("1.000", 5, "1.000"),
            ("1,5", 3, "1.5"),
            ("0,500", 5, "0.500"),
            ("3.50", 4, "3.5"),
            ("3.00", 4, "3"),
            ("1,000.50", 8, "1000.5"),
            ("1.000,50", 8, "1000.5"),
            ("1,2,3", 5, "1 2 3"),
            ("3.1.4", 5, "3.1.4"),
            ("192.168.0.1", 11, "192.168.0.1"),
            ("6'2", 3, "6 2"),
            ("020 794", 3, "020"),
            ("1914 191", 4, "1914"),
            ("2 100.5", 1, "2"),
            ("7. ", 1, "7"),
            ("10 0000", 2, "10"),
            ("3·5", 3, "3.5"),
        ] {
            assert_eq!(read(text), (used, number.to_owned()), "{text}");
        }
    }
}
