//! Numbers as a reader wants them.

/// `m:ss`, or `h:mm:ss` from an hour on; fractions are cut.
pub(super) fn clock(seconds: f64) -> String {
    let total = if seconds.is_finite() { seconds.max(0.0) as u64 } else { 0 };
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// Digits in groups of three.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A value of gifts: cents below a hundred, whole above.
pub(super) fn value(amount: f64, currency: &str) -> String {
    let amount = if amount.is_finite() { amount } else { 0.0 };
    let number = if amount < 100.0 && amount.fract() != 0.0 {
        format!("{amount:.2}")
    } else {
        count(amount.round().max(0.0) as u64)
    };
    if currency.is_empty() { number } else { format!("{number}\u{a0}{currency}") }
}

/// A score: three digits after the point.
pub(super) fn score(score: f32) -> String {
    if score.is_finite() { format!("{score:.3}") } else { "–".to_owned() }
}

/// A signed contribution.
pub(super) fn signed(x: f32) -> String {
    if x.is_finite() { format!("{x:+.2}").replace('-', "−") } else { "–".to_owned() }
}
