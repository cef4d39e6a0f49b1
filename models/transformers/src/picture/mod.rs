//! Pictures as networks want them: brought to size, cut in the middle, scaled, and cut into patches.

mod patches;
mod resample;

use serde::Deserialize;

pub(crate) use patches::Patches;
use resample::{Filter, resample};

use crate::TransformerError;
use crate::folder::Folder;

const FILE: &str = "preprocessor_config.json";

/// One picture, rows from the top, three bytes (red, green, blue) per pixel, no padding.
#[derive(Clone, Copy, Debug)]
pub struct Rgb<'a> {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub bytes: &'a [u8],
}

/// A size: one number (the shorter edge, or a square) or several named ones.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Number(u32),
    Square { height: u32, width: u32 },
    Shortest { shortest_edge: u32 },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    do_resize: Option<bool>,
    size: Option<Size>,
    resample: Option<u32>,
    do_center_crop: Option<bool>,
    crop_size: Option<Size>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f32>,
    do_normalize: Option<bool>,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
}

/// What happens to a picture before the network sees it.
#[derive(Debug)]
pub(crate) struct Preparation {
    resize: Option<(Size, Filter)>,
    /// The network's input, a square.
    side: u32,
    scale: f32,
    mean: [f32; 3],
    deviation: [f32; 3],
}

impl Preparation {
    /// From the folder's file; `image_size` is what the network reads.
    pub(crate) fn read(folder: &mut Folder, image_size: usize) -> Result<Self, TransformerError> {
        let config: Config = folder.json_if_there(FILE)?.unwrap_or_default();
        let side = u32::try_from(image_size).unwrap_or(u32::MAX);
        let filter = match config.resample {
            None | Some(3) => Filter::Bicubic,
            Some(2) => Filter::Bilinear,
            Some(other) => {
                let problem = format!("{other} is neither 2 (bilinear) nor 3 (bicubic)");
                return Err(folder.wrong(FILE, "resample", problem));
            }
        };
        let size = config.size.unwrap_or(Size::Shortest { shortest_edge: side });
        // One number is a square unless the middle is cut out of what has this shorter edge.
        let cut = config.do_center_crop.unwrap_or(matches!(size, Size::Shortest { .. }));
        let size = match size {
            Size::Number(edge) if cut => Size::Shortest { shortest_edge: edge },
            Size::Number(edge) => Size::Square { height: edge, width: edge },
            other => other,
        };
        let given = match config.crop_size.filter(|_| cut).unwrap_or(size) {
            Size::Number(edge) | Size::Shortest { shortest_edge: edge } => (edge, edge),
            Size::Square { height, width } => (width, height),
        };
        if given != (side, side) {
            let problem = format!("{}x{} is not the image_size {side} of config.json", given.0, given.1);
            return Err(folder.wrong(FILE, if cut { "crop_size" } else { "size" }, problem));
        }
        let unit = |on: Option<bool>| on.unwrap_or(true);
        let normal = unit(config.do_normalize);
        // CLIP's own, where a file is silent.
        let mean = config.image_mean.unwrap_or([0.481_454_66, 0.457_827_5, 0.408_210_73]);
        let deviation = config.image_std.unwrap_or([0.268_629_54, 0.261_302_6, 0.275_777_1]);
        if deviation.iter().any(|value| !value.is_finite() || *value <= 0.0) {
            return Err(folder.wrong(FILE, "image_std", format!("{deviation:?} divides by it")));
        }
        Ok(Self {
            resize: unit(config.do_resize).then_some((size, filter)),
            side,
            scale: if unit(config.do_rescale) { config.rescale_factor.unwrap_or(1.0 / 255.0) } else { 1.0 },
            mean: if normal { mean } else { [0.0; 3] },
            deviation: if normal { deviation } else { [1.0; 3] },
        })
    }

    /// Width and height of the network's input.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.side, self.side)
    }

    /// All pictures, as [`Self::prepare`] does.
    pub(crate) fn prepare_all(&self, pictures: &[Rgb<'_>]) -> Result<Vec<f32>, TransformerError> {
        let mut pixels = Vec::with_capacity(pictures.len() * 3 * (self.side * self.side) as usize);
        for picture in pictures {
            self.prepare(picture, &mut pixels)?;
        }
        Ok(pixels)
    }

    /// Appends the picture's planes: red, then green, then blue.
    fn prepare(&self, picture: &Rgb<'_>, pixels: &mut Vec<f32>) -> Result<(), TransformerError> {
        let Rgb { width, height, bytes } = *picture;
        let expected = u64::from(width) * u64::from(height) * 3;
        if expected == 0 || expected != bytes.len() as u64 {
            return Err(TransformerError::Picture { width, height, bytes: bytes.len() });
        }
        let (size, filter) = match self.resize {
            None => ((width, height), Filter::Bicubic),
            Some((Size::Number(edge), filter)) => ((edge, edge), filter),
            Some((Size::Square { height, width }, filter)) => ((width, height), filter),
            Some((Size::Shortest { shortest_edge: edge }, filter)) => {
                let long = |long: u32, short: u32| {
                    u32::try_from(u64::from(edge) * u64::from(long) / u64::from(short)).unwrap_or(u32::MAX)
                };
                let size =
                    if width <= height { (edge, long(height, width)) } else { (long(width, height), edge) };
                (size, filter)
            }
        };
        let sized = resample(bytes, (width, height), size, filter);
        let (left, top) = (margin(size.0, self.side), margin(size.1, self.side));
        for channel in 0..3 {
            for row in 0..self.side {
                for column in 0..self.side {
                    let (x, y) = (i64::from(column) + left, i64::from(row) + top);
                    let inside = (0..i64::from(size.0)).contains(&x) && (0..i64::from(size.1)).contains(&y);
                    let byte =
                        if inside { sized[((y * i64::from(size.0) + x) * 3) as usize + channel] } else { 0 };
                    let value = f32::from(byte) * self.scale;
                    pixels.push((value - self.mean[channel]) / self.deviation[channel]);
                }
            }
        }
        Ok(())
    }
}

/// Pixels before the middle cut; negative where the picture is smaller than it.
fn margin(length: u32, side: u32) -> i64 {
    (i64::from(length) - i64::from(side)).div_euclid(2)
}
