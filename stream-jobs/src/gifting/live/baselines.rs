//! What the ranker has to beat: the streamer's gift rate so far, and inner products of graph vectors.
//!
//! Invariants: a visit is judged by what happened before it; the same calibration as the ranker's, on the same visits.

use kairos_datasets::gifting::Sample;
use kairos_gifting::Calibration;
use kairos_representation::{Dataset, Epoch, Interaction, Interactions, LightGcn, LightGcnConfig};

use super::data::Source;
use super::judge::Said;
use super::nodes::Known;

/// Visits that a streamer is given for free, with the gifts of an average one.
const PRIOR: f64 = 20.0;

/// The streamer's gifts per visit so far, and what a gift there was worth so far.
pub(super) fn popularity(source: &Source, samples: &[Sample]) -> Vec<Said> {
    let records = &source.records;
    let mut visits = vec![0.0_f64; records.streamers.len()];
    let mut gifts = vec![(0.0_f64, 0.0_f64); records.streamers.len()];
    let (mut all_visits, mut all_gifts, mut all_value) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut clicks = records.impressions.iter().filter(|one| one.clicked).peekable();
    let mut given = records.gifts.iter().peekable();
    let mut said = Vec::with_capacity(samples.len());
    for sample in samples {
        while let Some(click) = clicks.next_if(|click| click.time_ms < sample.time_ms) {
            all_visits += 1.0;
            if let Some(count) = visits.get_mut(click.streamer as usize) {
                *count += 1.0;
            }
        }
        while let Some(gift) = given.next_if(|gift| gift.time_ms < sample.time_ms) {
            (all_gifts, all_value) = (all_gifts + 1.0, all_value + gift.value);
            if let Some((count, value)) = gifts.get_mut(gift.streamer as usize) {
                (*count, *value) = (*count + 1.0, *value + gift.value);
            }
        }
        let mean_rate = (all_gifts + 1.0) / (all_visits + 2.0);
        let mean_value = all_value / all_gifts.max(1.0);
        let seen = visits.get(sample.streamer as usize).copied().unwrap_or(0.0);
        let (count, value) = gifts.get(sample.streamer as usize).copied().unwrap_or((0.0, 0.0));
        let rate = ((count + PRIOR * mean_rate) / (seen + PRIOR)).min(1.0);
        let worth = (value + PRIOR * mean_value) / (count + PRIOR);
        said.push(Said { score: rate, probability: rate, value: rate * worth });
    }
    said
}

/// Inner products of vectors trained on gifts before `border_ms`.
pub(super) struct Products {
    model: LightGcn,
    known: Known,
}

impl Products {
    pub(super) fn train(
        source: &Source,
        config: &LightGcnConfig,
        border_ms: i64,
        progress: &mut dyn FnMut(&Epoch),
    ) -> anyhow::Result<Self> {
        let known = Known::before(&source.records, border_ms);
        let gifts = source.records.gifts.iter().take_while(|gift| gift.time_ms < border_ms);
        let rows = gifts.map(|gift| {
            let value = (gift.value as f32).max(f32::MIN_POSITIVE);
            Interaction { user: gift.user, item: gift.streamer, value, time: gift.time_ms }
        });
        let data = Dataset::new(Interactions::from_rows(known.users, known.streamers, rows)?);
        Ok(Self { model: LightGcn::train(&data, config, None, progress)?, known })
    }

    fn score(&self, sample: &Sample) -> f64 {
        let (user, streamer) = (sample.user as usize, sample.streamer as usize);
        if user >= self.known.users || streamer >= self.known.streamers {
            return 0.0;
        }
        let vectors = self.model.vectors();
        let pair = vectors.user(sample.user).zip(vectors.item(sample.streamer));
        pair.map_or(0.0, |(user, item)| user.iter().zip(item).map(|(a, b)| f64::from(a * b)).sum())
    }

    /// Calibrated on the validation visits, of which the share `kept` of those without a gift is there.
    pub(super) fn say(&self, validation: &[Sample], kept: f64, samples: &[Sample]) -> Vec<Said> {
        let scores: Vec<f64> = validation.iter().map(|sample| self.score(sample)).collect();
        let gifts: Vec<bool> = validation.iter().map(|sample| sample.gift).collect();
        let calibration = Calibration::fit(&scores, &gifts).with_negatives_kept(kept);
        let given: Vec<f64> =
            validation.iter().filter(|sample| sample.gift).map(|sample| sample.value).collect();
        let worth = given.iter().sum::<f64>() / given.len().max(1) as f64;
        let say = |sample: &Sample| {
            let score = self.score(sample);
            let probability = calibration.probability(score);
            Said { score, probability, value: probability * worth }
        };
        samples.iter().map(say).collect()
    }
}
