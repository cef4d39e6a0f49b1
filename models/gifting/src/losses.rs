//! Losses of the two heads: cross-entropy of the gift, and the zero-inflated log-normal likelihood of its value.
//!
//! Most pairs end without a gift, and gifts are heavy-tailed (in KuaiLive the 99th percentile is 744 times the
//! median). Squared error would learn from a handful of whales alone and predict values below zero; a Tweedie
//! likelihood ties the tail's weight to the mean by one global exponent. The zero-inflated log-normal (Wang, Liu and
//! Miao, "A Deep Probabilistic Model for Customer Lifetime Value Prediction", 2019) has a spread of its own for each
//! pair, its error is taken on the logarithm, and its first part is the very cross-entropy that ranks:
//!
//! ```text
//! loss = mean( ce(log odds, gift) + w · gift · ( ln σ + (ln v - μ)² / 2σ² + ln(2π) / 2 ) )
//! expected value = p · exp(μ + σ² / 2)
//! ```
//!
//! The density's `ln v`, which doesn't depend on the weights, is left out.
//!
//! Invariants: a pair without a gift has no part in the value's loss; numbers stay finite for all finite input.

use candle_core::{Result, Tensor};

/// `ln(1 + e^x)` without overflow.
pub(crate) fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

/// Mean binary cross-entropy of log odds `[B]` against targets `[B]` in `0..=1`.
///
/// # Errors
/// When shapes differ.
pub fn cross_entropy(log_odds: &Tensor, gifts: &Tensor) -> Result<Tensor> {
    // softplus(x) - x·y = ce
    (softplus(log_odds)? - (log_odds * gifts)?)?.mean_all()
}

/// Mean over all pairs of `gift · -ln N(ln v; mu, sigma)`: gifts `[B]` of 0 or 1, logarithms of their values `[B]`
/// (anything finite where there is no gift), means and deviations `[B]`, deviations positive.
///
/// # Errors
/// When shapes differ.
pub fn log_normal(gifts: &Tensor, log_values: &Tensor, mu: &Tensor, sigma: &Tensor) -> Result<Tensor> {
    let distance = ((log_values - mu)? / sigma)?;
    let cost = (sigma.log()? + (distance.sqr()? * 0.5)?)?;
    let constant = 0.5 * (2.0 * std::f64::consts::PI).ln();
    ((cost + constant)? * gifts)?.mean_all()
}
