//! Scoring whole recordings: every row from its own look-back window, many windows per forward pass.
//!
//! Invariants: the same units give the same bits whatever the number of threads; no row reads a later unit.

mod attend;
mod engine;
mod kernels;

pub(crate) use kernels::{exp, largest, sum, total};

use crate::model::{Network, check, mean_rows, standardised};
use crate::{ContentCtr, HighlightError, Scores, UnitFeatures};
pub(crate) use engine::Engine;
use rayon::prelude::*;

/// Windows scored at once: enough to fill the matrix kernels; their rows stay in a core's own cache, where twice as
/// many already cost a third of the speed.
const AT_ONCE: usize = 8;

impl ContentCtr {
    /// Scores of a whole recording, `[row][delay]`: row r holds for each of [`crate::Config::delays`] the scores of
    /// unit `r - delay_units`, from everything up to the end of unit r. Entries for units before the first stand
    /// for nothing. Computed on the processor, on whatever device the model is.
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
        let aligned = member.projections.aligned(&standard, count)?.units.flatten_all()?.to_vec1()?;
        let engine = Engine::new(self.config(), member)?;
        let units = engine.units(aligned, self.streamer_row(streamer))?;
        // The first window gives the rows of all its units; later rows end a window of their own.
        let first = count.min(look_back);
        let mut logits = engine.logits(&units, &[0], first, false)?;
        let starts: Vec<usize> = (1..=count - first).step_by(AT_ONCE).collect();
        let blocks = starts.par_iter().map(|&start| {
            let end = (start + AT_ONCE).min(count - first + 1);
            engine.logits(&units, &(start..end).collect::<Vec<_>>(), look_back, true)
        });
        for block in blocks.collect::<Result<Vec<_>, _>>()? {
            logits.extend(block);
        }
        Ok(logits.chunks(self.config().logits()).map(<[f32]>::to_vec).collect())
    }
}
