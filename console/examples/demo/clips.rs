//! Small clips with moving pictures and sound, drawn by ffmpeg.

use std::path::Path;
use std::process::{Command, Stdio};

/// A clip and how long it is, seconds.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub clip: String,
    pub thumbnail: String,
    pub seconds: i64,
}

const PICTURES: [&str; 8] = [
    "gradients=s=480x270:r=25:c0=0x1d2b64:c1=0xf8cdda:c2=0xf3b62b:n=3:speed=0.03:seed=7",
    "testsrc2=s=480x270:r=25",
    "gradients=s=480x270:r=25:c0=0x0f3443:c1=0x34e89e:n=2:type=radial:speed=0.02:seed=3",
    "life=s=480x270:r=25:mold=12:ratio=0.12:death_color=0x7a3b69:life_color=0xffd27d:seed=11",
    "gradients=s=480x270:r=25:c0=0x42275a:c1=0xe96443:c2=0x904e95:n=3:speed=0.04:seed=19",
    "mandelbrot=s=480x270:r=25:start_scale=0.9:end_scale=0.02",
    "gradients=s=480x270:r=25:c0=0x16222a:c1=0x3a6073:c2=0xd9a7c7:n=3:type=spiral:speed=0.03:seed=5",
    "sierpinski=s=480x270:r=25:type=carpet:seed=2",
];

fn run(arguments: &[&str]) -> Result<(), String> {
    let run = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments)
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("ffmpeg does not start: {error}"))?;
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).trim().to_owned()) }
}

/// Draws clips into a folder.
pub fn make(folder: &Path, count: usize) -> Result<Vec<Drawn>, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut drawn = Vec::new();
    for (n, picture) in PICTURES.into_iter().enumerate().take(count) {
        let seconds = 12 + 2 * (n as i64 % 4);
        let (clip, thumbnail) = (format!("drawn/{n}.mp4"), format!("drawn/{n}.jpg"));
        std::fs::create_dir_all(folder.join("drawn")).map_err(|error| error.to_string())?;
        let path = folder.join(&clip).display().to_string();
        let sound = format!("sine=frequency={}:beep_factor=4:r=48000", 220 + 40 * n);
        let length = seconds.to_string();
        run(&[
            "-f",
            "lavfi",
            "-i",
            picture,
            "-f",
            "lavfi",
            "-i",
            &sound,
            "-t",
            &length,
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "50",
            "-pix_fmt",
            "yuv420p",
            "-crf",
            "30",
            "-c:a",
            "aac",
            "-b:a",
            "48k",
            "-movflags",
            "+faststart",
            &path,
        ])?;
        let picture = folder.join(&thumbnail).display().to_string();
        run(&["-ss", "4", "-i", &path, "-frames:v", "1", "-q:v", "5", &picture])?;
        drawn.push(Drawn { clip, thumbnail, seconds });
    }
    Ok(drawn)
}
