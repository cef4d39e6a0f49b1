//! Exact amounts as `Nullable(Decimal(38, 9))`.
//!
//! Invariant: an amount that nine decimals can't hold is an error, never rounded.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

const SCALE: u32 = 9;

pub(super) fn serialize<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    let scaled = match amount {
        None => None,
        Some(amount) => Some(billionths(*amount).map_err(ser::Error::custom)?),
    };
    scaled.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    match Option::<i128>::deserialize(deserializer)? {
        None => Ok(None),
        Some(scaled) => exact(scaled).map(Some).map_err(de::Error::custom),
    }
}

// Zeros are taken off first: with all nine decimals the largest amounts would not fit a `Decimal`.
fn exact(mut scaled: i128) -> Result<Decimal, rust_decimal::Error> {
    let mut scale = SCALE;
    while scale > 0 && scaled % 10 == 0 {
        scaled /= 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(scaled, scale)
}

fn billionths(amount: Decimal) -> Result<i128, String> {
    let exact = amount.normalize();
    let lift = SCALE
        .checked_sub(exact.scale())
        .ok_or_else(|| format!("amount {amount} has more than {SCALE} decimals"))?;
    // 96 bits of mantissa times 10^9 stay below 2^127.
    exact.mantissa().checked_mul(10_i128.pow(lift)).ok_or_else(|| format!("amount {amount} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        let billionths_of = |text: &str| billionths(text.parse::<Decimal>().unwrap());
        assert_eq!(billionths_of("4.99").unwrap(), 4_990_000_000);
        assert_eq!(billionths_of("-0.000000001").unwrap(), -1);
        assert_eq!(billionths_of("1.50000000000").unwrap(), 1_500_000_000);
        assert_eq!(exact(billionths(Decimal::MAX).unwrap()).unwrap(), Decimal::MAX);
        assert!(billionths_of("0.0000000001").unwrap_err().contains("more than 9 decimals"));
    }
}
