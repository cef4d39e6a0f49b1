//! Which pictures a clip shows, and the exact times at which it starts and ends.
//!
//! Invariants: start and end are borders between pictures wherever one lies within half a usual picture of what
//! was asked, and what was asked where a picture stands longer; neither lies in a hole between segments.

use std::ops::Range;

use crate::material::{CLOCK, Coded, Material};

/// What a clip covers, ticks of media time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// Start and end.
    pub(crate) span: Range<i64>,
    /// Time of the first picture shown; before the start where that picture already stood.
    pub(crate) first: i64,
    /// The usual time between two pictures.
    pub(crate) nominal: i64,
}

/// A picture's time on the screen.
struct Shown {
    from: i64,
    to: i64,
}

impl Window {
    /// The window nearest to `[from, to)`; `None` when nothing is shown or heard in it.
    pub(crate) fn of(material: &Material, from: i64, to: i64) -> Option<Self> {
        if material.pictures.coded.is_empty() {
            return of_sound(material, from, to);
        }
        let nominal = nominal(&material.pictures.coded);
        let shown = shown(material, nominal);
        let near = |distance: i64| 2 * distance <= nominal;
        let mut at = shown.partition_point(|s| s.from <= from).saturating_sub(1);
        let mut start = shown[at].from;
        if from > start {
            if from >= shown[at].to || (near(shown[at].to - from) && !near(from - start)) {
                at += 1;
                start = shown.get(at)?.from;
            } else if !near(from - start) {
                start = from;
            }
        }
        let last = shown.partition_point(|s| s.from < to).checked_sub(1)?.max(at);
        let Shown { from: begin, to: close } = shown[last];
        let end = if to >= close || near(close - to) || (last == at && near(to - start)) {
            close
        } else if near(to - begin) {
            begin
        } else {
            to
        };
        (start < to && end > start).then(|| Self { span: start..end, first: shown[at].from, nominal })
    }
}

fn of_sound(material: &Material, from: i64, to: i64) -> Option<Window> {
    let first = material.sound.coded.first()?.pts;
    let end = material.segments.iter().map(|s| s.1).max()?.max(material.sound.coded.last()?.pts + 1);
    let span = from.max(first)..to.min(end);
    let heard = material.sound.coded.iter().any(|c| c.pts < span.end && c.pts > span.start - CLOCK / 5);
    (span.start < span.end && heard).then_some(Window { first: span.start, span, nominal: 1 })
}

/// Median distance of neighbouring pictures: holes and stills don't move it.
fn nominal(pictures: &[Coded]) -> i64 {
    let mut times: Vec<i64> = pictures.iter().map(|p| p.pts).collect();
    times.sort_unstable();
    let mut steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(CLOCK / 25).clamp(1, CLOCK)
}

fn shown(material: &Material, nominal: i64) -> Vec<Shown> {
    let mut pictures: Vec<(i64, usize)> =
        material.pictures.coded.iter().map(|p| (p.pts, p.segment)).collect();
    pictures.sort_unstable();
    let stands = |&(from, segment): &(i64, usize)| material.segments[segment].1.max(from + nominal);
    let mut shown: Vec<Shown> = pictures
        .windows(2)
        .map(|w| {
            let lost = w[0].1 != w[1].1 && w[1].0 - stands(&w[0]) > nominal;
            Shown { from: w[0].0, to: if lost { stands(&w[0]) } else { w[1].0 } }
        })
        .collect();
    shown.extend(pictures.last().map(|last| Shown { from: last.0, to: stands(last) }));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material(times: &[(i64, usize)], segments: &[(i64, i64)]) -> Material {
        let coded = times
            .iter()
            .map(|&(pts, segment)| Coded { pts, key: true, clean: true, data: vec![], run: 0, segment })
            .collect();
        let mut material = Material { segments: segments.to_vec(), ..Material::default() };
        material.pictures.coded = coded;
        material
    }

    fn steady() -> Material {
        let times: Vec<(i64, usize)> = (0..20).map(|i| (i * 100, usize::from(i >= 10))).collect();
        material(&times, &[(0, 1000), (1000, 2000)])
    }

    #[test]
    fn borders_snap_to_the_nearest_picture() {
        let window = Window::of(&steady(), 340, 760).unwrap();
        assert_eq!((window.span, window.first), (300..800, 300));
        let window = Window::of(&steady(), -50, 9000).unwrap();
        assert_eq!(window.span, 0..2000);
    }

    #[test]
    fn standing_picture_is_cut_where_it_was_asked() {
        let still = material(&[(0, 0), (100, 0), (200, 0), (2000, 0), (2100, 0), (2200, 0)], &[(0, 2300)]);
        let window = Window::of(&still, 900, 1500).unwrap();
        assert_eq!((window.span, window.first), (900..1500, 200));
    }

    #[test]
    fn hole_is_left_out_at_the_borders_of_a_clip() {
        let times: Vec<(i64, usize)> =
            (0..20).filter(|i| !(5..10).contains(i)).map(|i| (i * 100, usize::from(i >= 10))).collect();
        let lost = material(&times, &[(0, 500), (1000, 2000)]);
        assert_eq!(Window::of(&lost, 700, 1200).unwrap().span, 1000..1200);
        assert_eq!(Window::of(&lost, 200, 700).unwrap().span, 200..500);
        assert_eq!(Window::of(&lost, 600, 900), None);
        assert_eq!(Window::of(&lost, 5000, 6000), None);
    }
}
