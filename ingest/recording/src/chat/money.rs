//! Amounts of money: reading them from text and bringing them to one currency.
//!
//! Amounts stay exact decimals in the currency that was paid; only the common value, which exists so that rooms
//! compare, is a rounded number of United States dollars.

use std::collections::BTreeMap;

use kairos_timeline::Money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// United States dollars per unit of each currency.
///
/// The shipped table is approximate, rounded to about two digits, as of mid-2025: good enough to compare gifts,
/// not to keep books. Configure your own where it matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Date of the table, for people.
    pub as_of: String,
    /// ISO 4217 code to dollars per unit.
    pub usd: BTreeMap<String, f64>,
}

/// Approximate rates of mid-2025.
const APPROXIMATE: &[(&str, f64)] = &[
    ("AED", 0.272),
    ("ARS", 0.00085),
    ("AUD", 0.65),
    ("BRL", 0.18),
    ("CAD", 0.73),
    ("CHF", 1.24),
    ("CLP", 0.00106),
    ("CNY", 0.139),
    ("COP", 0.00025),
    ("CRC", 0.002),
    ("CZK", 0.047),
    ("DKK", 0.156),
    ("EUR", 1.16),
    ("GBP", 1.35),
    ("GTQ", 0.13),
    ("HKD", 0.128),
    ("HUF", 0.0029),
    ("IDR", 0.000061),
    ("ILS", 0.29),
    ("INR", 0.0116),
    ("JPY", 0.0068),
    ("KRW", 0.00073),
    ("MXN", 0.053),
    ("MYR", 0.235),
    ("NOK", 0.099),
    ("NZD", 0.6),
    ("PEN", 0.28),
    ("PHP", 0.0175),
    ("PLN", 0.27),
    ("RON", 0.23),
    ("RUB", 0.0125),
    ("SAR", 0.267),
    ("SEK", 0.104),
    ("SGD", 0.78),
    ("THB", 0.031),
    ("TRY", 0.025),
    ("TWD", 0.034),
    ("UAH", 0.024),
    ("USD", 1.0),
    ("VND", 0.000038),
    ("ZAR", 0.056),
];

impl Default for Rates {
    fn default() -> Self {
        let usd = APPROXIMATE.iter().map(|&(code, rate)| (code.to_owned(), rate)).collect();
        Self { as_of: "2025-07".to_owned(), usd }
    }
}

impl Rates {
    /// Value of `money` in dollars; `None` when its currency is not in the table.
    pub fn value(&self, money: &Money) -> Option<f64> {
        let rate = self.usd.get(&money.currency)?;
        Some(money.amount.to_f64()? * rate)
    }
}

/// `coins` of a platform that sells `per_unit` of them for one unit of `currency`; `None` when free.
pub fn coins(coins: Decimal, per_unit: i64, currency: &str) -> Option<Money> {
    let amount = coins.checked_div(Decimal::from(per_unit))?.normalize();
    (amount > Decimal::ZERO).then(|| Money { amount, currency: currency.to_owned() })
}

/// Price of Bilibili's guard levels, CNY a month: 1 is the dearest.
pub fn guard_price(level: &str) -> Option<Decimal> {
    match level {
        "1" => Some(Decimal::from(19_998)),
        "2" => Some(Decimal::from(1_998)),
        "3" => Some(Decimal::from(198)),
        _ => None,
    }
}

/// Signs as platforms print them. A bare `$` is the United States', a bare `¥` Japan's: that is how the
/// platforms that print signs use them.
const SIGNS: &[(&str, &str)] = &[
    ("$", "USD"),
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("MX$", "MXN"),
    ("R$", "BRL"),
    ("S$", "SGD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("￥", "JPY"),
    ("JP¥", "JPY"),
    ("円", "JPY"),
    ("CN¥", "CNY"),
    ("元", "CNY"),
    ("₩", "KRW"),
    ("￦", "KRW"),
    ("₹", "INR"),
    ("₱", "PHP"),
    ("₫", "VND"),
    ("₽", "RUB"),
    ("₪", "ILS"),
    ("฿", "THB"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("kr", "SEK"),
    ("Ft", "HUF"),
    ("lei", "RON"),
];

/// Currencies with three decimals, where a group of three digits after a point is a fraction.
const THREE_DECIMALS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// Reads an amount as platforms print it: `￥6,000`, `CA$10`, `R$ 20,00`, `€4,99`, `PHP 125.00`, `1.234,50 zł`.
pub fn parse_money(text: &str) -> Option<Money> {
    let text = text.trim();
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let number = text.get(first..=last)?;
    let blank = |c: char| c.is_whitespace() || c.is_control() || "\u{200e}\u{200f}\u{feff}".contains(c);
    let (before, after) = (text.get(..first)?.trim_matches(blank), text.get(last + 1..)?.trim_matches(blank));
    let sign = if before.is_empty() { after } else { before };
    let currency = currency(sign)?;
    let amount = parse_number(number, THREE_DECIMALS.contains(&currency.as_str()))?;
    Some(Money { amount, currency })
}

fn currency(sign: &str) -> Option<String> {
    if let Some((_, code)) = SIGNS.iter().find(|(known, _)| *known == sign) {
        return Some((*code).to_owned());
    }
    let code = sign.trim_end_matches('$').trim();
    (code.len() == 3 && code.chars().all(|c| c.is_ascii_alphabetic())).then(|| code.to_ascii_uppercase())
}

fn parse_number(text: &str, three_decimals: bool) -> Option<Decimal> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    if !text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',') {
        return None;
    }
    let separators = text.matches(['.', ',']).count();
    let decimal = text.rfind(['.', ',']).filter(|&at| {
        let mark = text.get(at..=at).unwrap_or_default();
        let digits = text.len() - at - 1;
        if separators > text.matches(mark).count() {
            return text.matches(mark).count() == 1;
        }
        separators == 1 && (digits != 3 || three_decimals)
    });
    let (whole, fraction) = match decimal {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text.as_str(), ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    format!("{whole}.{fraction}").trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_read_as_platforms_print_them() {
        for (text, amount, currency) in [
            ("￥6,000", "6000", "JPY"),
            ("$5.00", "5.00", "USD"),
            ("CA$10", "10", "CAD"),
            ("R$ 20,00", "20.00", "BRL"),
            ("R$\u{a0}1.234,50", "1234.50", "BRL"),
            ("₩5,000", "5000", "KRW"),
            ("€4,99", "4.99", "EUR"),
            ("4,99 €", "4.99", "EUR"),
            ("NT$150.00", "150.00", "TWD"),
            ("PHP 125.00", "125.00", "PHP"),
            ("GTQ 7.00", "7.00", "GTQ"),
            ("$1,234.56", "1234.56", "USD"),
            ("$1,234,567", "1234567", "USD"),
            ("1 234,50 zł", "1234.50", "PLN"),
            ("KWD 1.500", "1.500", "KWD"),
            ("ARS$ 500,00", "500.00", "ARS"),
        ] {
            let money = parse_money(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (money.amount.to_string().as_str(), money.currency.as_str()),
                (amount, currency),
                "{text}"
            );
        }
    }

    #[test]
    fn text_without_a_currency_is_no_money() {
        for text in ["", "5", "five dollars", "💎 100", "$", "-"] {
            assert_eq!(parse_money(text), None, "{text:?}");
        }
    }

    #[test]
    fn unknown_currencies_have_no_value() {
        let money = |currency: &str| Money { amount: Decimal::from(10), currency: currency.to_owned() };
        assert_eq!(Rates::default().value(&money("USD")), Some(10.0));
        assert_eq!(Rates::default().value(&money("XTS")), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[$€¥￥A-Z0-9., \u{a0}]{0,24}") {
            if let Some(money) = parse_money(&text) {
                prop_assert!(money.amount >= Decimal::ZERO);
            }
        }
    }
}
