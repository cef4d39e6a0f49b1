//! Folders of interactions: orders of columns, ids of both kinds, feature files, what is merged, what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;
use std::path::{Path, PathBuf};

use kairos_datasets::gifting::interactions::{Interactions, read};
use kairos_datasets::gifting::{Layout, read_npy};
use npyz::WriterBuilder;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn npy<T: npyz::Serialize + npyz::AutoSerialize>(
    path: &Path,
    shape: &[u64],
    order: npyz::Order,
    values: Vec<T>,
) {
    let file = fs::File::create(path).unwrap();
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).order(order).writer(file).begin_nd().unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
}

fn triples(folder: &Interactions) -> Vec<(String, String, f64, Option<i64>)> {
    let name = |ids: &kairos_datasets::gifting::Ids, id| ids.name(id).unwrap().to_owned();
    let of = folder.train.iter();
    of.map(|one| (name(&folder.users, one.user), name(&folder.items, one.item), one.value, one.time_ms))
        .collect()
}

#[test]
fn columns_come_in_any_order_and_ids_keep_their_text() {
    let text = "time\titem\tuser\textra\tvalue\n1700000000\tb\tZoë\tx\t2.5\n1700000001\t007\tZoë\tx\t1e3\n\
                1700000002\tb\t12\tx\t0\n";
    let folder = folder(&[("train.tsv", text)]);
    assert_eq!(Layout::of(folder.path()).unwrap(), Layout::Interactions);
    let read = read(folder.path()).unwrap();
    let s = str::to_owned;
    assert_eq!(
        triples(&read),
        [
            (s("Zoë"), s("b"), 2.5, Some(1_700_000_000_000)),
            (s("Zoë"), s("007"), 1000.0, Some(1_700_000_001_000)),
            (s("12"), s("b"), 0.0, Some(1_700_000_002_000)),
        ]
    );
    assert_eq!(read.train_users, 2);
    assert_eq!(read.notes.files[0].unused_columns, ["extra"]);
    assert!(read.features.is_empty() && read.validation.is_empty() && read.friends.is_empty());
}

#[test]
fn repeated_pairs_are_one_interaction_with_the_sum_and_are_counted() {
    let folder = folder(&[
        ("train.tsv", "user\titem\tvalue\ttime\n1\t9\t2\t5\n2\t9\t1\t6\n1\t9\t3\t4\n"),
        ("val.tsv", "item\tuser\n9\t1\n8\t3\n"),
        ("friends.tsv", "user\tfriend\n1\t2\n1\t2\n4\t4\n"),
    ]);
    let read = read(folder.path()).unwrap();
    assert_eq!(read.train.len(), 2);
    assert_eq!((read.train[0].value, read.train[0].time_ms), (5.0, Some(5000)));
    let merged: Vec<(u64, u64)> = read.notes.files.iter().map(|file| (file.rows, file.duplicates)).collect();
    assert_eq!(merged, [(3, 1), (2, 0), (3, 1)]);
    assert_eq!((read.train_users, read.users.len()), (2, 4));
    assert_eq!((read.notes.held_out_pairs_in_train, read.notes.users_not_in_train), (1, 2));
    assert_eq!((read.notes.items_not_in_train, read.notes.own_friends), (1, 1));
    assert_eq!(read.friends.len(), 2);
    assert_eq!((read.validation[0].value, read.validation[0].time_ms), (1.0, None));
}

#[test]
fn items_are_rows_of_the_feature_files() {
    let folder = folder(&[("train.tsv", "user\titem\nu\t2\nu\t0\n")]);
    let at = |name: &str| folder.path().join(name);
    npy(&at("image_feat.npy"), &[3, 2], npyz::Order::C, vec![1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.5]);
    npy(
        &at("audio_feat.npy"),
        &[3, 1],
        npyz::Order::C,
        [1.0_f32, 0.5, -2.0].map(half::f16::from_f32).to_vec(),
    );
    let read = self::read(folder.path()).unwrap();
    assert_eq!(read.items.len(), 3);
    assert_eq!(read.train.iter().map(|one| one.item).collect::<Vec<_>>(), [0, 2]);
    let names: Vec<&str> = read.features.iter().map(|features| features.name.as_str()).collect();
    assert_eq!(names, ["audio", "image"]);
    assert_eq!(read.features[0].values.row(2), Some([-2.0].as_slice()));
    assert_eq!(read.features[1].values.row(2), Some([5.0, 6.5].as_slice()));
    assert_eq!((read.features[1].values.row(3), read.notes.items_not_in_train), (None, 1));
}

#[test]
fn what_does_not_fit_is_named_by_file_line_column_and_value() {
    let refused = |files: &[(&str, &str)], parts: &[&str]| {
        let folder = folder(files);
        let error = read(folder.path()).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    };
    refused(
        &[("train.tsv", "user\titem\tvalue\n1\t2\t3\n1\t3\tmany\n")],
        &["train.tsv: line 3: value: \"many\""],
    );
    refused(&[("train.tsv", "user\titem\tvalue\n1\t2\t-3\n")], &["line 2: value: \"-3\" is below 0"]);
    refused(&[("train.tsv", "user\titem\tvalue\n1\t2\tinf\n")], &["line 2: value: \"inf\" is no finite"]);
    refused(&[("train.tsv", "user\titem\n1\t\n")], &["line 2: item: \"\" is no id"]);
    refused(&[("train.tsv", "user\titem\n1\t2\n1\n")], &["train.tsv: line 3", "has 1 columns, the header 2"]);
    refused(&[("train.tsv", "user\tthing\n1\t2\n")], &["no column for the item", "found user, thing"]);
    refused(&[("train.tsv", "user\titem\ttime\n1\t2\tsoon\n")], &["line 2: time: \"soon\""]);
    refused(
        &[("train.tsv", "user\titem\n1\t2\n"), ("friends.tsv", "user\tfriend\n1\t\n")],
        &["friends.tsv: line 2: friend"],
    );
}

#[test]
fn feature_files_that_do_not_fit_are_named() {
    let train = [("train.tsv", "user\titem\nu\t2\nu\t3\n")];
    let refused = |write: &dyn Fn(PathBuf), parts: &[&str]| {
        let folder = folder(&train);
        write(folder.path().to_owned());
        let error = read(folder.path()).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    };
    let c = npyz::Order::C;
    let three = |path: PathBuf| npy(&path, &[3, 1], c, vec![1.0_f32; 3]);
    refused(
        &|at| three(at.join("a_feat.npy")),
        &["train.tsv: line 3: item: \"3\" is no row of a_feat.npy", "0 to 2"],
    );
    refused(
        &|at| {
            three(at.join("a_feat.npy"));
            npy(&at.join("b_feat.npy"), &[4, 1], c, vec![1.0_f32; 4]);
        },
        &["b_feat.npy: has 4 rows, but a_feat.npy has 3"],
    );
    refused(&|at| npy(&at.join("a_feat.npy"), &[4], c, vec![1.0_f32; 4]), &["a_feat.npy", "1 dimensions"]);
    refused(&|at| npy(&at.join("a_feat.npy"), &[4, 1], c, vec![1_i64; 4]), &["a_feat.npy", "i8"]);
    let fortran = |at: PathBuf| npy(&at.join("a_feat.npy"), &[4, 2], npyz::Order::Fortran, vec![1.0_f32; 8]);
    refused(&fortran, &["a_feat.npy", "Fortran"]);
    let not_finite = |at: PathBuf| npy(&at.join("a_feat.npy"), &[4, 1], c, vec![1.0, 1.0, f64::MAX, 1.0]);
    refused(&not_finite, &["a_feat.npy: row 2, column 0"]);
    let cut = |at: PathBuf| {
        let path = at.join("a_feat.npy");
        npy(&path, &[4, 1], c, vec![1.0_f32; 4]);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    };
    refused(&cut, &["a_feat.npy: row 3, column 0"]);
    refused(&|at| fs::write(at.join("a_feat.npy"), "no array").unwrap(), &["a_feat.npy"]);
}

#[test]
fn a_folder_in_no_layout_says_what_was_looked_for() {
    let folder = folder(&[("click.csv", ""), ("readme", "")]);
    let error = Layout::of(folder.path()).unwrap_err().to_string();
    for part in ["train.tsv", "gift.csv", "found click.csv, readme"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(Layout::of(&folder.path().join("none")).is_err());
}

#[test]
fn public_sets_are_read_whole() {
    let Some(shared) = std::env::var_os("KAIROS_SHARED") else {
        eprintln!("KAIROS_SHARED is unset: public sets aren't read");
        return;
    };
    let data = PathBuf::from(shared).join("data");
    let tiktok = read(&data.join("tiktok")).unwrap();
    assert_eq!((tiktok.train.len(), tiktok.validation.len(), tiktok.items.len()), (59_541, 3_051, 6_710));
    assert_eq!((tiktok.train_users, tiktok.features.len()), (9_298, 2));
    let widths: Vec<usize> = tiktok.features.iter().map(|features| features.values.width()).collect();
    assert_eq!(widths, [128, 128]);
    assert!(tiktok.notes.files.iter().all(|file| file.duplicates == 0));
    assert_eq!(read_npy(&data.join("tiktok/image_feat.npy")).unwrap().rows(), 6_710);
    let lastfm = read(&data.join("lastfm")).unwrap();
    assert_eq!(
        (lastfm.train.len(), lastfm.train.iter().filter(|one| one.value > 1e5).count() > 0),
        (42_135, true)
    );
    assert!(!lastfm.friends.is_empty());
}
