//! Scoring whole recordings: every row from its own look-back window, many windows per forward pass.
//!
//! Invariants: a row's scores don't depend on how many rows are scored with it, nor on the number of threads.

use crate::model::{Network, check, mean_rows, standardised};
use crate::{ContentCtr, HighlightError, Scores, UnitFeatures};
use candle_core::Tensor;

/// Windows scored at once: enough to fill the matrix kernels.
const AT_ONCE: usize = 64;

impl ContentCtr {
    /// Scores of a whole recording, `[row][delay]`: row r holds for each of [`crate::Config::delays`] the scores of
    /// unit `r - delay_units`, from everything up to the end of unit r. Entries for units before the first stand
    /// for nothing.
    ///
    /// # Errors
    /// When a feature vector has the wrong width or a value that is not finite.
    pub fn score_rows(
        &self,
        streamer: &str,
        units: &[UnitFeatures],
    ) -> Result<Vec<Vec<Scores>>, HighlightError> {
        for unit in units {
            check(self.config(), unit)?;
        }
        let units: Vec<&UnitFeatures> = units.iter().collect();
        Ok(self.mean_logits(streamer, &units)?.iter().map(|row| self.row_scores(row)).collect())
    }

    /// Mean logits over all members, `[row][heads · delays]`.
    pub(crate) fn mean_logits(
        &self,
        streamer: &str,
        units: &[&UnitFeatures],
    ) -> Result<Vec<Vec<f32>>, HighlightError> {
        let each = self.members().iter().map(|member| self.member_rows(member, streamer, units));
        Ok(mean_rows(&each.collect::<Result<Vec<_>, _>>()?))
    }

    /// Logits of one member, `[row][heads · delays]`.
    pub(crate) fn member_rows(
        &self,
        member: &Network,
        streamer: &str,
        units: &[&UnitFeatures],
    ) -> Result<Vec<Vec<f32>>, HighlightError> {
        let (count, look_back) = (units.len(), self.config().look_back);
        if count == 0 {
            return Ok(Vec::new());
        }
        let standard = standardised(self.statistics(), units, self.device())?;
        let aligned = member.projections.aligned(&standard, count)?.units;
        let row = self.streamer_row(streamer);
        // The first window gives the scores of all its units; later units end a window of their own.
        let first = count.min(look_back);
        let start = aligned.narrow(0, 0, first)?.unsqueeze(0)?;
        let mut logits: Vec<Vec<f32>> =
            member.logits(&start, &[row], &crate::model::Pass::scoring())?.squeeze(0)?.to_vec2()?;
        let ends: Vec<usize> = (first + 1..=count).collect();
        for ends in ends.chunks(AT_ONCE) {
            let windows = ends.iter().map(|end| aligned.narrow(0, end - look_back, look_back));
            let windows = Tensor::stack(&windows.collect::<candle_core::Result<Vec<_>>>()?, 0)?;
            logits.extend(member.last_logits(&windows, &vec![row; ends.len()])?.to_vec2::<f32>()?);
        }
        Ok(logits)
    }
}
