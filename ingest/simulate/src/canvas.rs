//! A picture in YUV 4:2:0 that is drawn straight into its planes: no conversion, few pixels touched.
//!
//! Shapes are given in a space 180 units high whatever the size of the picture, and are smoothed at their edges.

/// A colour as the encoder takes it (BT.601, limited range).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink {
    y: u8,
    u: u8,
    v: u8,
}

impl Ink {
    /// From red, green and blue, 0 to 1 each.
    pub(crate) fn rgb(r: f32, g: f32, b: f32) -> Self {
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        Self {
            y: byte(16.0 + 65.481 * r + 128.553 * g + 24.966 * b),
            u: byte(128.0 - 37.797 * r - 74.203 * g + 112.0 * b),
            v: byte(128.0 + 112.0 * r - 93.786 * g - 18.214 * b),
        }
    }

    /// From hue (turns), saturation and value, 0 to 1 each.
    pub(crate) fn hsv(hue: f32, saturation: f32, value: f32) -> Self {
        let channel = |shift: f32| {
            let place = (hue + shift).rem_euclid(1.0) * 6.0;
            let rise = (place - 3.0).abs() - 1.0;
            value * (1.0 - saturation * (1.0 - rise.clamp(0.0, 1.0)))
        };
        Self::rgb(channel(0.0), channel(2.0 / 3.0), channel(1.0 / 3.0))
    }

    pub(crate) fn grey(value: f32) -> Self {
        Self::rgb(value, value, value)
    }
}

/// An upright rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area(pub f32, pub f32, pub f32, pub f32);

/// The picture.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Luma, then both chroma planes at half the size.
    pub planes: [Vec<u8>; 3],
    scale: f32,
}

/// Units from top to bottom.
pub(crate) const TALL: f32 = 180.0;

impl Canvas {
    /// A black picture of even size in which one unit is `scale` pixels.
    pub(crate) fn new(width: usize, height: usize, scale: f32) -> Self {
        let half = (width / 2) * (height / 2);
        Self { width, height, planes: [vec![16; width * height], vec![128; half], vec![128; half]], scale }
    }

    /// Units from left to right.
    pub(crate) fn wide(&self) -> f32 {
        self.width as f32 / self.scale
    }

    /// The whole picture.
    pub(crate) fn all(&self) -> Area {
        Area(0.0, 0.0, self.wide(), self.height as f32 / self.scale)
    }

    /// Blends `ink` over `area` with the opacity that `cover` gives for each place, 0 to 1.
    pub(crate) fn paint(&mut self, area: Area, ink: Ink, cover: impl Fn(f32, f32) -> f32) {
        let Area(left, top, across, down) = area;
        for (plane, (target, value)) in self.planes.iter_mut().zip([ink.y, ink.u, ink.v]).enumerate() {
            let step = if plane == 0 { 1 } else { 2 };
            let (wide, tall) = (self.width / step, self.height / step);
            let scale = self.scale / step as f32;
            let first = |from: f32, most: usize| ((from * scale).floor().max(0.0) as usize).min(most);
            let last = |to: f32, most: usize| ((to * scale).ceil().max(0.0) as usize).min(most);
            let (x0, x1) = (first(left, wide), last(left + across, wide));
            for row in first(top, tall)..last(top + down, tall) {
                let y = (row as f32 + 0.5) / scale;
                let Some(line) = target.get_mut(row * wide + x0..row * wide + x1.max(x0)) else { continue };
                for (column, pixel) in line.iter_mut().enumerate() {
                    let opacity = cover((x0 + column) as f32 / scale + 0.5 / scale, y);
                    if opacity > 0.0 {
                        let weight = (opacity.min(1.0) * 256.0) as i32;
                        let mixed =
                            i32::from(*pixel) + (((i32::from(value) - i32::from(*pixel)) * weight) >> 8);
                        *pixel = mixed as u8;
                    }
                }
            }
        }
    }

    /// A rectangle with sharp edges.
    pub(crate) fn fill(&mut self, area: Area, ink: Ink, opacity: f32) {
        self.paint(area, ink, |_, _| opacity);
    }

    /// A rectangle with corners of radius `round`.
    pub(crate) fn rounded(&mut self, area: Area, round: f32, ink: Ink, opacity: f32) {
        let Area(left, top, across, down) = area;
        let (cx, cy) = (left + across / 2.0, top + down / 2.0);
        let (hx, hy) = (across / 2.0 - round, down / 2.0 - round);
        let scale = self.scale;
        self.paint(area, ink, |x, y| {
            let (dx, dy) = (((x - cx).abs() - hx).max(0.0), ((y - cy).abs() - hy).max(0.0));
            let inside = round - (dx * dx + dy * dy).sqrt();
            (inside * scale + 0.5).clamp(0.0, 1.0) * opacity
        });
    }

    /// An ellipse.
    pub(crate) fn oval(&mut self, (cx, cy): (f32, f32), (rx, ry): (f32, f32), ink: Ink, opacity: f32) {
        if rx <= 0.0 || ry <= 0.0 {
            return;
        }
        let edge = self.scale * rx.min(ry);
        self.paint(Area(cx - rx, cy - ry, 2.0 * rx, 2.0 * ry), ink, |x, y| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            ((1.0 - (dx * dx + dy * dy).sqrt()) * edge + 0.5).clamp(0.0, 1.0) * opacity
        });
    }

    /// A circle.
    pub(crate) fn disc(&mut self, at: (f32, f32), radius: f32, ink: Ink, opacity: f32) {
        self.oval(at, (radius, radius), ink, opacity);
    }

    /// A circle's line, `width` wide.
    pub(crate) fn ring(&mut self, (cx, cy): (f32, f32), radius: f32, width: f32, ink: Ink, opacity: f32) {
        let reach = radius + width;
        self.paint(Area(cx - reach, cy - reach, 2.0 * reach, 2.0 * reach), ink, |x, y| {
            let away = ((x - cx).hypot(y - cy) - radius).abs();
            (1.0 - away / width).clamp(0.0, 1.0) * opacity
        });
    }

    /// Light around a point that fades to nothing at `radius`.
    pub(crate) fn glow(&mut self, (cx, cy): (f32, f32), radius: f32, ink: Ink, opacity: f32) {
        self.paint(Area(cx - radius, cy - radius, 2.0 * radius, 2.0 * radius), ink, |x, y| {
            let (dx, dy) = ((x - cx) / radius, (y - cy) / radius);
            let near = (1.0 - dx * dx - dy * dy).max(0.0);
            near * near * opacity
        });
    }

    /// Takes the part of a larger picture that begins at the even pixel nearest to `(x, y)` units.
    pub(crate) fn copy_part(&mut self, of: &Self, x: f32, y: f32) {
        let even = |units: f32, spare: usize| {
            let pixels = (units * self.scale).round().max(0.0) as usize;
            pixels.min(spare) & !1
        };
        let (dx, dy) = (even(x, of.width - self.width), even(y, of.height - self.height));
        for (plane, (target, source)) in self.planes.iter_mut().zip(&of.planes).enumerate() {
            let step = if plane == 0 { 1 } else { 2 };
            let (wide, from) = (self.width / step, of.width / step);
            for (row, line) in target.chunks_exact_mut(wide).enumerate() {
                let start = (row + dy / step) * from + dx / step;
                line.copy_from_slice(&source[start..start + wide]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_have_their_standard_values() {
        assert_eq!(Ink::rgb(1.0, 1.0, 1.0), Ink { y: 235, u: 128, v: 128 });
        assert_eq!(Ink::hsv(0.0, 1.0, 1.0), Ink::rgb(1.0, 0.0, 0.0));
        assert_eq!(Ink::hsv(1.0 / 3.0, 1.0, 1.0), Ink::rgb(0.0, 1.0, 0.0));
    }

    #[test]
    fn shapes_outside_the_picture_change_nothing() {
        let mut canvas = Canvas::new(32, 18, 0.1);
        let before = canvas.planes.clone();
        canvas.disc((-500.0, 20.0), 30.0, Ink::grey(1.0), 1.0);
        canvas.rounded(Area(1e6, 1e6, 10.0, 10.0), 2.0, Ink::grey(1.0), 1.0);
        assert_eq!(canvas.planes, before);
        canvas.fill(canvas.all(), Ink::grey(1.0), 1.0);
        assert!(canvas.planes[0].iter().all(|&luma| luma == 235));
    }
}
