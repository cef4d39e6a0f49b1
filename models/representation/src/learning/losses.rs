//! Losses on rows of vectors.
//!
//! Invariants: means over rows; finite for finite rows, rows of zeros included.

use candle_core::{D, DType, Result, Tensor};

/// Bayesian personalised ranking (Rendle et al., UAI 2009, equation for BPR-OPT without the prior):
/// `mean(-ln σ(⟨u, p⟩ - ⟨u, n⟩))` over rows of `[batch, width]`.
pub(crate) fn bpr(user: &Tensor, positive: &Tensor, negative: &Tensor) -> Result<Tensor> {
    let margin = (user * (positive - negative)?)?.sum(D::Minus1)?;
    // -ln σ(m) = max(-m, 0) + ln(1 + e^-|m|), which overflows for no margin.
    let rest = (margin.abs()?.neg()?.exp()? + 1.0)?.log()?;
    (margin.neg()?.relu()? + rest)?.mean_all()
}

/// Mean binary cross-entropy of logits against labels in `0..=1`, of any one shape.
pub(crate) fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    let rest = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((logits.relu()? - (logits * labels)?)? + rest)?.mean_all()
}

/// Rows scaled to length 1. The square of the length is kept away from 0, so that rows of zeros stay.
pub(crate) fn cosine_rows(rows: &Tensor) -> Result<Tensor> {
    let squares = (rows.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?;
    rows.broadcast_div(&squares.sqrt()?)
}

/// Sampled softmax over cosines (Wu et al., "On the Effectiveness of Sampled Softmax Loss for Item
/// Recommendation", TOIS 2023): every row's positive against `negatives [count, width]` that all rows share.
/// `mask [batch, count]` is added to the negatives' logits: 0, or a large negative number where a negative
/// is one of the user's own items.
pub(crate) fn sampled_softmax(
    user: &Tensor,
    positive: &Tensor,
    negatives: &Tensor,
    mask: &Tensor,
    temperature: f64,
) -> Result<Tensor> {
    let (user, positive, negatives) = (cosine_rows(user)?, cosine_rows(positive)?, cosine_rows(negatives)?);
    let own = ((&user * &positive)?.sum_keepdim(D::Minus1)? / temperature)?;
    let others = ((user.matmul(&negatives.t()?)? / temperature)? + mask)?;
    let logits = Tensor::cat(&[&own, &others], 1)?;
    let own = own.squeeze(1)?;
    (log_sum_exp(&logits)? - own)?.mean_all()
}

/// GraphCL's contrast of two views (You et al., "Graph Contrastive Learning with Augmentations", NeurIPS 2020,
/// equation 3): `mean_i -ln( exp(cos(z_i, z'_i)/τ) / Σ_{k≠i} exp(cos(z_i, z'_k)/τ) )`. The positive isn't part
/// of the sum. `[batch, width]` each; a single row has nobody to differ from and costs nothing.
pub(crate) fn info_nce(view: &Tensor, other: &Tensor, temperature: f64) -> Result<Tensor> {
    let rows = view.dim(0)?;
    if rows < 2 {
        return Tensor::zeros((), view.dtype(), view.device());
    }
    let (view, other) = (cosine_rows(view)?, cosine_rows(other)?);
    let logits = (view.matmul(&other.t()?)? / temperature)?;
    let own = ((&view * &other)?.sum(D::Minus1)? / temperature)?;
    let mask = (Tensor::eye(rows, DType::F32, view.device())? * -1e9)?.to_dtype(view.dtype())?;
    (log_sum_exp(&(logits + mask)?)? - own)?.mean_all()
}

fn log_sum_exp(logits: &Tensor) -> Result<Tensor> {
    let most = logits.max_keepdim(D::Minus1)?.detach();
    let sum = logits.broadcast_sub(&most)?.exp()?.sum(D::Minus1)?;
    sum.log()? + most.squeeze(D::Minus1)?
}
