//! The true chance of a gift of every click, and how well it tells gifts from others.
//!
//! Invariants: the area under the curve is that of chances rounded to a 500th of their log-odds, ties counted half.

use std::path::Path;

use parquet::basic::Compression;

use super::table::{group_rows, live_id, streamer_id, user_id};
use super::visits::Visit;
use crate::DatasetError;
use crate::generated::parquet_table::{Column, Table};

/// Steps of log-odds from -20 to 20.
const STEPS: usize = 20_001;

/// `truth.parquet`, and the oracle's figures.
pub(super) struct Truth {
    table: Table,
    ids: [Vec<i64>; 4],
    parts: [Vec<f64>; 5],
    all: Curve,
    by_users: (f64, f64),
}

impl Truth {
    pub(super) fn create(folder: &Path) -> Result<Self, DatasetError> {
        let fields = "optional int64 user_id; optional int64 live_id; optional int64 streamer_id; \
                      optional int64 timestamp; optional double probability; optional double generosity; \
                      optional double affinity; optional double content; optional double recency";
        let path = folder.join("truth.parquet");
        let table = Table::create(&path, &format!("{fields};"), Compression::UNCOMPRESSED, &["probability"])?;
        Ok(Self {
            table,
            ids: Default::default(),
            parts: Default::default(),
            all: Curve::new(),
            by_users: (0.0, 0.0),
        })
    }

    /// Takes all visits of a user; `streamer` is that of each.
    pub(super) fn user(
        &mut self,
        user: u32,
        visits: &[Visit],
        streamer: impl Fn(&Visit) -> u32,
        bias: f64,
    ) -> Result<(), DatasetError> {
        let mut own = Curve::default();
        for visit in visits {
            let odds = &visit.odds;
            let probability = odds.probability(bias);
            let ids = [user_id(user), live_id(visit.session), streamer_id(streamer(visit)), visit.time_ms];
            self.ids.iter_mut().zip(ids).for_each(|(column, id)| column.push(id));
            let parts = [probability, odds.generosity, odds.affinity, odds.content, odds.recency];
            self.parts.iter_mut().zip(parts).for_each(|(column, part)| column.push(part));
            self.all.take(probability, visit.gift.is_some());
            own.few.push((probability, visit.gift.is_some()));
        }
        if let Some(area) = own.area_of_few() {
            self.by_users.0 += area * visits.len() as f64;
            self.by_users.1 += visits.len() as f64;
        }
        if self.ids[0].len() >= group_rows(16) { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        if self.ids[0].is_empty() {
            return Ok(());
        }
        let ids = std::mem::take(&mut self.ids).map(Column::Numbers);
        let parts = std::mem::take(&mut self.parts).map(Column::Doubles);
        let columns: Vec<Column> = ids.into_iter().chain(parts).collect();
        self.table.group(&columns)
    }

    /// Area under the curve over all clicks, and the mean over users weighted by their clicks.
    pub(super) fn finish(mut self) -> Result<(f64, f64), DatasetError> {
        self.flush()?;
        self.table.finish()?;
        let (sum, weight) = self.by_users;
        Ok((self.all.area().unwrap_or(0.5), if weight > 0.0 { sum / weight } else { 0.5 }))
    }
}

/// How chances rank gifts.
#[derive(Default)]
struct Curve {
    steps: Vec<[u64; 2]>,
    few: Vec<(f64, bool)>,
}

impl Curve {
    fn new() -> Self {
        Self { steps: vec![[0; 2]; STEPS], few: Vec::new() }
    }

    fn take(&mut self, probability: f64, gift: bool) {
        let odds = (probability / (1.0 - probability)).ln().clamp(-20.0, 20.0);
        let step = ((odds + 20.0) / 40.0 * (STEPS - 1) as f64).round() as usize;
        if let Some(step) = self.steps.get_mut(step) {
            step[usize::from(gift)] += 1;
        }
    }

    fn area(&self) -> Option<f64> {
        area(self.steps.iter().map(|&[without, with]| (without as f64, with as f64)))
    }

    fn area_of_few(mut self) -> Option<f64> {
        self.few.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ties = self.few.chunk_by(|a, b| a.0 == b.0);
        area(ties.map(|tie| {
            let with = tie.iter().filter(|one| one.1).count();
            ((tie.len() - with) as f64, with as f64)
        }))
    }
}

/// Of counts without and with a gift by rising chance; nothing where one of the two is missing.
fn area(steps: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut below, mut gifts, mut right) = (0.0, 0.0, 0.0);
    for (without, with) in steps {
        right += with * (below + without / 2.0);
        below += without;
        gifts += with;
    }
    (below > 0.0 && gifts > 0.0).then(|| right / (below * gifts))
}
