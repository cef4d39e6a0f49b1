//! One picture by itself: colour histogram, light, layout and edges.
//!
//! All values are shares or means of bytes scaled to 0..=1; the picture is brought to 160 x 90 first.

use super::SIZE;
use super::plane::resample;
use crate::PictureView;

/// Bins of the colour histogram: twelve hues, four greys.
pub(super) const COLOURS: usize = 16;
const HUES: usize = 12;
const LIGHT: usize = 6;
const LAYOUT: (usize, usize) = (4, 3);
const EDGE_GRID: (usize, usize) = (3, 2);
const DIRECTIONS: usize = 4;
const EDGES: usize = EDGE_GRID.0 * EDGE_GRID.1 * DIRECTIONS + 1;
/// Values of [`mean`].
pub(super) const STILL: usize = COLOURS + LIGHT + LAYOUT.0 * LAYOUT.1 + EDGES;

/// Description of one picture.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    /// Brightness, 160 x 90, 0..=255.
    pub(super) luma: Vec<u8>,
    /// Colour histogram, sums to 1.
    pub(super) colours: [f32; COLOURS],
    light: [f32; LIGHT],
    layout: [f32; LAYOUT.0 * LAYOUT.1],
    edges: [f32; EDGES],
}

impl Still {
    /// Describes a picture whose size has been checked.
    pub(crate) fn of(picture: &PictureView<'_>) -> Self {
        let rgb = resample(picture, SIZE.0, SIZE.1);
        let mut luma = Vec::with_capacity(rgb.len() / 3);
        let mut histogram = [0_u64; COLOURS];
        // Sums of red-green and yellow-blue differences and of their squares (Hasler and Suesstrunk 2003).
        let mut opponents = [0_i64; 4];
        let mut saturation = 0_u64;
        for pixel in rgb.chunks_exact(3) {
            let [r, g, b] = [i32::from(pixel[0]), i32::from(pixel[1]), i32::from(pixel[2])];
            luma.push(((77 * r + 150 * g + 29 * b + 128) >> 8) as u8);
            let largest = r.max(g).max(b);
            let chroma = largest - r.min(g).min(b);
            // A pixel is shared between its hue and its grey by how coloured it is.
            histogram[hue_bin([r, g, b], largest, chroma)] += chroma as u64;
            histogram[HUES + (largest >> 6) as usize] += (255 - chroma) as u64;
            if largest > 0 {
                saturation += (255 * chroma / largest) as u64;
            }
            let (red_green, yellow_blue) = (i64::from(r - g), i64::from(r + g - 2 * b));
            opponents[0] += red_green;
            opponents[1] += yellow_blue;
            opponents[2] += red_green * red_green;
            opponents[3] += yellow_blue * yellow_blue;
        }
        let pixels = luma.len() as f64;
        let colours = histogram.map(|sum| (sum as f64 / (255.0 * pixels)) as f32);
        let spread =
            |sum: i64, squares: i64| (squares as f64 / pixels - (sum as f64 / pixels).powi(2)).max(0.0);
        let deviation =
            (spread(opponents[0], opponents[2]) + spread(opponents[1], opponents[3]) / 4.0).sqrt();
        let offset = (opponents[0] as f64 / pixels).hypot(opponents[1] as f64 / pixels / 2.0);
        let light = light(&luma, saturation, (deviation + 0.3 * offset) / 128.0);
        let (layout, edges) = (layout(&luma), edges(&luma));
        Self { luma, colours, light, layout, edges }
    }

    /// Mean brightness, 0..=1.
    pub(super) fn brightness(&self) -> f32 {
        self.light[0]
    }
}

fn hue_bin([r, g, b]: [i32; 3], largest: i32, chroma: i32) -> usize {
    if chroma == 0 {
        return 0;
    }
    // Position on the colour circle in twelfths, by integers: six sectors of two bins.
    let (sector, rest) = if largest == r {
        (0, g - b)
    } else if largest == g {
        (4, b - r)
    } else {
        (8, r - g)
    };
    (sector + (2 * rest).div_euclid(chroma)).rem_euclid(HUES as i32) as usize
}

fn light(luma: &[u8], saturation: u64, colourfulness: f64) -> [f32; LIGHT] {
    let pixels = luma.len() as f64;
    let (mut sum, mut squares, mut dark, mut bright) = (0_u64, 0_u64, 0_u32, 0_u32);
    for &value in luma {
        sum += u64::from(value);
        squares += u64::from(value) * u64::from(value);
        dark += u32::from(value < 32);
        bright += u32::from(value > 223);
    }
    let mean = sum as f64 / pixels;
    let contrast = (squares as f64 / pixels - mean * mean).max(0.0).sqrt();
    [
        mean / 255.0,
        contrast / 128.0,
        saturation as f64 / (255.0 * pixels),
        colourfulness,
        f64::from(dark) / pixels,
        f64::from(bright) / pixels,
    ]
    .map(|value| value as f32)
}

fn layout(luma: &[u8]) -> [f32; LAYOUT.0 * LAYOUT.1] {
    let width = SIZE.0 as usize;
    let mut sums = [0_u32; LAYOUT.0 * LAYOUT.1];
    let mut counts = [0_u32; LAYOUT.0 * LAYOUT.1];
    for (y, row) in luma.chunks_exact(width).enumerate() {
        for (x, cells) in row.chunks_exact(width / LAYOUT.0).enumerate() {
            let cell = (y * LAYOUT.1 / SIZE.1 as usize) * LAYOUT.0 + x;
            sums[cell] += cells.iter().map(|&value| u32::from(value)).sum::<u32>();
            counts[cell] += cells.len() as u32;
        }
    }
    std::array::from_fn(|cell| sums[cell] as f32 / counts[cell].max(1) as f32 / 127.5 - 1.0)
}

/// Edge strength by direction (across, along, two diagonals) and cell, as shares, then the mean strength.
fn edges(luma: &[u8]) -> [f32; EDGES] {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut sums = [0_u64; EDGES - 1];
    for y in 1..height - 1 {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| &luma[y * width..(y + 1) * width]);
        for x in 1..width - 1 {
            let dx = i32::from(row[x + 1]) - i32::from(row[x - 1]);
            let dy = i32::from(below[x]) - i32::from(above[x]);
            let (ax, ay) = (dx.abs(), dy.abs());
            // Sectors of 45 degrees about the axes: tan(22.5 deg) is 5/12 to two per cent.
            let direction = if 12 * ay <= 5 * ax {
                0
            } else if 12 * ax <= 5 * ay {
                1
            } else if (dx > 0) == (dy > 0) {
                2
            } else {
                3
            };
            let cell = (y * EDGE_GRID.1 / height) * EDGE_GRID.0 + x * EDGE_GRID.0 / width;
            sums[cell * DIRECTIONS + direction] += (ax + ay) as u64;
        }
    }
    let total: u64 = sums.iter().sum();
    let mut edges = [0.0; EDGES];
    for (edge, sum) in edges.iter_mut().zip(sums) {
        *edge = (sum as f64 / total.max(1) as f64).sqrt() as f32;
    }
    edges[EDGES - 1] = (total as f64 / (width * height) as f64 / 64.0).min(4.0) as f32;
    edges
}

/// Means over the pictures of a unit, [`STILL`] values.
pub(super) fn mean<'a>(stills: impl Iterator<Item = &'a Still>) -> Vec<f32> {
    let mut sums = vec![0.0_f32; STILL];
    let mut count = 0.0_f32;
    for still in stills {
        let colours = still.colours.iter().map(|share| share.sqrt());
        let rest = still.light.iter().chain(&still.layout).chain(&still.edges).copied();
        sums.iter_mut().zip(colours.chain(rest)).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    sums.iter_mut().for_each(|sum| *sum /= count.max(1.0));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(of: impl Fn(usize, usize) -> [u8; 3]) -> Still {
        let rgb: Vec<u8> =
            (0..90).flat_map(|y| (0..160).map(move |x| (x, y))).flat_map(|(x, y)| of(x, y)).collect();
        Still::of(&PictureView { at_us: 0, width: 160, height: 90, rgb: &rgb })
    }

    #[test]
    fn pure_colours_fall_into_their_hues() {
        for (rgb, bin) in [
            ([255, 0, 0], 0),
            ([255, 255, 0], 2),
            ([0, 255, 0], 4),
            ([0, 255, 255], 6),
            ([0, 0, 255], 8),
            ([255, 0, 255], 10),
        ] {
            assert!((still(|_, _| rgb).colours[bin] - 1.0).abs() < 1e-6, "{rgb:?}");
        }
        assert!((still(|_, _| [128; 3]).colours[HUES + 2] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn stripes_show_their_direction() {
        let upright = still(|x, _| [if x % 8 < 4 { 255 } else { 0 }; 3]).edges;
        let lying = still(|_, y| [if y % 8 < 4 { 255 } else { 0 }; 3]).edges;
        let by_direction =
            |edges: &[f32; EDGES], d: usize| edges[..EDGES - 1].iter().skip(d).step_by(4).sum::<f32>();
        assert!(by_direction(&upright, 0) > 2.0 && by_direction(&upright, 1) == 0.0);
        assert!(by_direction(&lying, 1) > 2.0 && by_direction(&lying, 0) == 0.0);
    }

    #[test]
    fn layout_tells_left_from_right() {
        let layout = still(|x, _| [if x < 80 { 255 } else { 0 }; 3]).layout;
        assert_eq!(layout[..4], [1.0, 1.0, -1.0, -1.0]);
    }
}
