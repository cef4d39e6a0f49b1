//! Which pictures of a clip are copied and which must be re-encoded.
//!
//! Invariants: every picture of the clip's window falls in exactly one of head, copy and tail; the three follow one
//! another in time; every copied picture is decodable from copied ones alone.

use std::ops::Range;

use crate::material::Coded;

/// Pictures to be decoded and encoded anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Pictures to decode, positions in decoding order.
    pub(crate) decode: Range<usize>,
    /// Times `[from, to)` of the pictures to keep of those, ticks.
    pub(crate) keep: Range<i64>,
}

/// How a window is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    /// Re-encoded start.
    pub(crate) head: Option<Edge>,
    /// Positions of the pictures that are copied, in decoding order.
    pub(crate) copy: Vec<usize>,
    /// Re-encoded end.
    pub(crate) tail: Option<Edge>,
}

/// Everything in `window` re-encoded.
pub(crate) fn whole(pictures: &[Coded], window: Range<i64>) -> Splice {
    Splice { head: edge(pictures, window), copy: Vec::new(), tail: None }
}

/// Copies from the first clean keyframe of `window` as far as decoding order allows; the rest is re-encoded.
pub(crate) fn splice(pictures: &[Coded], window: Range<i64>) -> Splice {
    let Some(first) = pictures.iter().position(|p| p.clean && p.pts >= window.start) else {
        return whole(pictures, window);
    };
    let start = pictures[first].pts;
    // Decoding order ends the copy before the first picture that is past the window: later ones may need it.
    let past = |p: &Coded| p.pts >= window.end;
    let mut until = (first..pictures.len()).find(|&i| past(&pictures[i])).unwrap_or(pictures.len());
    let (copy, rest) = loop {
        let copy: Vec<usize> = (first..until).filter(|&i| pictures[i].pts >= start).collect();
        let rest =
            pictures[until..].iter().map(|p| p.pts).filter(|pts| *pts >= start && *pts < window.end).min();
        let last = copy.iter().map(|&i| pictures[i].pts).max();
        match (last, rest) {
            (Some(last), Some(rest)) if last > rest => until -= 1,
            _ => break (copy, rest),
        }
    };
    if copy.is_empty() {
        return whole(pictures, window);
    }
    let head = edge(pictures, window.start..start);
    Splice { head, copy, tail: rest.and_then(|from| edge(pictures, from..window.end)) }
}

/// What must be decoded to see the pictures of `keep`; `None` when there are none.
pub(crate) fn edge(pictures: &[Coded], keep: Range<i64>) -> Option<Edge> {
    let first = pictures.iter().map(|p| p.pts).filter(|pts| keep.contains(pts)).min()?;
    let last = pictures.iter().rposition(|p| keep.contains(&p.pts))?;
    // Leading pictures come after their keyframe and are shown before it, so it is the key at or before the
    // first picture kept that decoding has to start from.
    let from = pictures.iter().rposition(|p| p.key && p.pts <= first).unwrap_or(0);
    Some(Edge { decode: from..last + 1, keep })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Groups of nine pictures: I P B B P B B P P, or open with two leading pictures after the keyframe.
    fn coded(groups: usize, open: bool) -> Vec<Coded> {
        let shape: &[i64] = if open { &[2, 0, 1, 5, 3, 4, 8, 6, 7] } else { &[0, 3, 1, 2, 6, 4, 5, 7, 8] };
        (0..groups)
            .flat_map(|g| {
                shape.iter().enumerate().map(move |(i, &at)| {
                    let (pts, key) = (100 * (g as i64 * 9 + at), i == 0);
                    Coded { pts, key, clean: key, data: vec![], run: 0, segment: 0 }
                })
            })
            .filter(|c| !open || c.pts >= 200)
            .collect()
    }

    fn times(pictures: &[Coded], splice: &Splice) -> Vec<i64> {
        let mut times = Vec::new();
        for part in [&splice.head, &splice.tail].into_iter().flatten() {
            times.extend(
                pictures[part.decode.clone()].iter().map(|p| p.pts).filter(|t| part.keep.contains(t)),
            );
        }
        times.extend(splice.copy.iter().map(|&i| pictures[i].pts));
        times.sort_unstable();
        times
    }

    proptest! {
        #[test]
        fn every_picture_of_the_window_appears_once(from in 200_i64..3000, length in 1_i64..3000, open: bool) {
            let pictures = coded(4, open);
            let window = from..from + length;
            let splice = splice(&pictures, window.clone());
            let mut expected: Vec<i64> = pictures.iter().map(|p| p.pts).filter(|t| window.contains(t)).collect();
            expected.sort_unstable();
            prop_assert_eq!(times(&pictures, &splice), expected);
            let copied: Vec<i64> = splice.copy.iter().map(|&i| pictures[i].pts).collect();
            if let (Some(first), Some(last)) = (copied.iter().min(), copied.iter().max()) {
                prop_assert!(splice.head.is_none_or(|h| h.keep.end <= *first));
                prop_assert!(splice.tail.is_none_or(|t| t.keep.start > *last));
                prop_assert!(pictures[splice.copy[0]].clean);
            }
        }
    }

    #[test]
    fn cut_on_group_borders_re_encodes_nothing() {
        let pictures = coded(4, false);
        let splice = splice(&pictures, 900..2700);
        assert_eq!((splice.head, splice.tail), (None, None));
        assert_eq!(splice.copy, (9..27).collect::<Vec<_>>());
    }

    #[test]
    fn end_inside_reordered_pictures_re_encodes_only_those() {
        let pictures = coded(4, false);
        let splice = splice(&pictures, 0..1100);
        assert_eq!(splice.copy, (0..10).collect::<Vec<_>>());
        assert_eq!(splice.tail, Some(Edge { decode: 9..12, keep: 1000..1100 }));
    }
}
