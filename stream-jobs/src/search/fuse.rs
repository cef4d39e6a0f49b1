//! Several orders of moments into one.

use std::collections::BTreeMap;

use serde::Serialize;

/// Softens the lead of first places: the value of the paper.
const SOFTENING: f64 = 60.0;

/// A moment as one way of looking found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Where its ten seconds begin.
    pub second: i64,
    /// The way.
    pub by: &'static str,
    /// How well, in the way's own measure: hits, or cosine.
    pub measure: f64,
    /// What was written or said, where the way knows it.
    pub texts: Vec<String>,
}

/// A moment as all ways together see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Where its ten seconds begin.
    pub second: i64,
    /// Sum of 1 / (60 + place) over the ways that found it.
    pub score: f64,
    /// The ways, each with its own measure: `words` hits, the others cosines.
    pub by: BTreeMap<&'static str, f64>,
    /// What was written or said.
    pub texts: Vec<String>,
}

/// Joins the ways, each best first; the result is best first, equals in the order of room, stream and time.
pub fn fuse(ways: Vec<Vec<Found>>) -> Vec<Moment> {
    let mut moments: BTreeMap<(String, String, i64), Moment> = BTreeMap::new();
    for way in ways {
        for (place, found) in (1..).zip(way) {
            let Found { room, stream, second, by, measure, texts } = found;
            let moment = moments.entry((room.clone(), stream.clone(), second)).or_insert_with(|| Moment {
                room,
                stream,
                second,
                score: 0.0,
                by: BTreeMap::new(),
                texts: Vec::new(),
            });
            moment.score += 1.0 / (SOFTENING + f64::from(place));
            moment.by.insert(by, measure);
            moment.texts.extend(texts);
        }
    }
    let mut moments: Vec<Moment> = moments.into_values().collect();
    moments.sort_by(|a, b| b.score.total_cmp(&a.score));
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(second: i64, by: &'static str) -> Found {
        let (room, stream) = ("r".to_owned(), "s".to_owned());
        Found { room, stream, second, by, measure: 0.5, texts: vec![by.to_owned()] }
    }

    #[test]
    fn what_two_ways_find_comes_before_what_one_finds_first() {
        let words = vec![found(10, "words"), found(20, "words")];
        let pictures = vec![found(30, "picture"), found(20, "picture"), found(40, "picture")];
        let moments = fuse(vec![words, pictures]);
        assert_eq!(moments.iter().map(|moment| moment.second).collect::<Vec<_>>(), [20, 10, 30, 40]);
        assert!((moments[0].score - 2.0 / 62.0).abs() < 1e-12);
        assert_eq!(moments[0].by.keys().copied().collect::<Vec<_>>(), ["picture", "words"]);
        assert_eq!(moments[0].texts, ["words", "picture"]);
        assert!(fuse(Vec::new()).is_empty());
    }
}
