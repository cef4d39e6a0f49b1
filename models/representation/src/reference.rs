//! The closed forms, the convolution and the losses against an independent implementation in PyTorch.
//!
//! Invariants: the expected numbers are 64-bit ones that `tools/reference/representation.py` wrote.

use crate::learning::{Batch, info_nce, sampled_softmax};
use crate::{
    Dataset, Ease, EaseConfig, GraphFilter, GraphFilterConfig, Interaction, Interactions, Recommender,
};
use candle_core::{Device, Tensor, Var};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../tests/golden/representation.json")).expect("valid JSON")
}

fn count(value: &Value) -> usize {
    value.as_u64().expect("a count") as usize
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    floats(value).into_iter().map(|x| x as u32).collect()
}

fn log(golden: &Value) -> Interactions {
    let row = |row: &Value| {
        let row = floats(row);
        Interaction { user: row[0] as u32, item: row[1] as u32, value: row[2] as f32, time: 0 }
    };
    let rows = golden["rows"].as_array().expect("rows").iter().map(row);
    Interactions::from_rows(count(&golden["users"]), count(&golden["items"]), rows).expect("sound rows")
}

fn close(got: impl IntoIterator<Item = f64>, expected: &[f64], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() < tolerance, "place {at}: {got}, expected {expected}");
    }
}

fn variable(value: &Value, width: usize) -> Var {
    let values = floats(value);
    let shape = (values.len() / width, width);
    Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu).expect("fits")).expect("variable")
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().expect("op").to_vec1().expect("f64")
}

#[test]
fn ease_is_the_closed_form() {
    let golden = golden();
    let data = Dataset::new(log(&golden));
    let expected = &golden["ease"];
    for (amounts, name) in [(false, "weights"), (true, "amounts")] {
        let lambda = expected["lambda"].as_f64().expect("a number") as f32;
        let model =
            Ease::train(&data, &EaseConfig { lambda, amounts, ..EaseConfig::default() }).expect("sound");
        close(model.weights().iter().map(|&x| f64::from(x)), &floats(&expected[name]), 1e-5);
    }
}

#[test]
fn graph_filter_is_the_one_of_a_full_decomposition() {
    let golden = golden();
    let data = Dataset::new(log(&golden));
    let expected = &golden["graph_filter"];
    let config = GraphFilterConfig {
        vectors: count(&expected["vectors"]),
        alpha: expected["alpha"].as_f64().expect("a number") as f32,
        ..GraphFilterConfig::default()
    };
    let model = GraphFilter::train(&data, &config).expect("sound");
    let items = data.interactions.items();
    let mut scores = vec![0.0_f32; data.interactions.users() * items];
    for (user, row) in scores.chunks_mut(items).enumerate() {
        model.score(user as u32, data.interactions.items_of(user as u32), row).expect("fits");
    }
    close(scores.into_iter().map(f64::from), &floats(&expected["scores"]), 1e-5);
}

#[test]
fn convolution_and_the_gradient_of_a_step_agree() {
    let golden = golden();
    let rows = log(&golden);
    let expected = &golden["lightgcn"];
    let graph = crate::lightgcn::Convolution::new(&rows, count(&golden["layers"]));
    let table = variable(&expected["table"], count(&golden["width"]));
    let vectors = graph.mean_of_layers(&table).expect("op");
    // The graph's own weights are 32-bit numbers.
    close(flat(&vectors), &floats(&expected["vectors"]), 1e-6);
    let batch = Batch {
        users: ids(&expected["users"]),
        positives: ids(&expected["positives"]),
        negatives: ids(&expected["negatives"]),
    };
    let penalty = expected["penalty"].as_f64().expect("a number");
    let loss = crate::lightgcn::loss(&graph, &table, &batch, rows.users(), penalty).expect("op");
    close([loss.to_scalar().expect("f64")], &[expected["loss"].as_f64().expect("a number")], 1e-7);
    let gradients = loss.backward().expect("differentiable");
    close(flat(gradients.get(&table).expect("reached")), &floats(&expected["gradient"]), 1e-7);
}

#[test]
fn contrast_and_its_gradients_agree() {
    let golden = golden();
    let (expected, width) = (&golden["contrast"], count(&golden["width"]));
    let (view, other) = (variable(&expected["view"], width), variable(&expected["other"], width));
    let loss = info_nce(&view, &other, expected["temperature"].as_f64().expect("a number")).expect("op");
    close([loss.to_scalar().expect("f64")], &[expected["loss"].as_f64().expect("a number")], 1e-9);
    let gradients = loss.backward().expect("differentiable");
    for (variable, name) in [(&view, "view_gradient"), (&other, "other_gradient")] {
        close(flat(gradients.get(variable).expect("reached")), &floats(&expected[name]), 1e-9);
    }
}

#[test]
fn sampled_softmax_and_its_gradients_agree() {
    let golden = golden();
    let (expected, width) = (&golden["softmax"], count(&golden["width"]));
    let [user, positive, drawn] = ["user", "positive", "drawn"].map(|name| variable(&expected[name], width));
    let mask = floats(&expected["mask"]);
    let mask = Tensor::from_vec(mask, (4, 7), &Device::Cpu).expect("fits");
    let temperature = expected["temperature"].as_f64().expect("a number");
    let loss = sampled_softmax(&user, &positive, &drawn, &mask, temperature).expect("op");
    close([loss.to_scalar().expect("f64")], &[expected["loss"].as_f64().expect("a number")], 1e-9);
    let gradients = loss.backward().expect("differentiable");
    let names = [(&user, "user_gradient"), (&positive, "positive_gradient"), (&drawn, "drawn_gradient")];
    for (variable, name) in names {
        close(flat(gradients.get(variable).expect("reached")), &floats(&expected[name]), 1e-9);
    }
}
