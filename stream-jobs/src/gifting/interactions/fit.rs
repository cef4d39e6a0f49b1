//! Any kind of model, trained by its own part of the configuration.
//!
//! Invariants: all randomness follows from the seed given.

use kairos_representation::{
    Chosen, Dataset, Epoch, Interactions, Kind, Link, Mmbee, Recommender, Row, Settings, ablations, train,
};

use super::KS;

/// A kind of model with its settings.
#[derive(Clone)]
pub(super) struct Variant {
    /// What it is called in tables.
    pub(super) name: String,
    pub(super) kind: Kind,
    settings: Settings,
}

/// What fitting gave.
pub(super) struct Fitted {
    pub(super) model: Box<dyn Recommender>,
    /// The epoch whose weights it has, where it was trained by epochs and judged.
    pub(super) best_epoch: Option<usize>,
    /// Of a fused model: what was taken, with its weight.
    pub(super) chosen: Vec<Chosen>,
    /// Of a fused model: what it reaches without each part, the others' weights as they are.
    pub(super) without: Vec<Row>,
}

impl Fitted {
    /// Parts of a fused model in words.
    pub(super) fn parts(&self) -> String {
        let part = |one: &Chosen| format!("{} · {}", one.weight, one.evidence.name());
        self.chosen.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

impl Variant {
    pub(super) fn new(kind: Kind, settings: &Settings) -> Self {
        Self { name: kind.name().to_owned(), kind, settings: settings.clone() }
    }

    /// The same without one part in turn, to be trained anew. Parts of the full model are taken out of it as it is.
    pub(super) fn ablations(&self) -> Vec<Self> {
        let without = |name: &str, change: &dyn Fn(&mut Settings)| {
            let mut one = self.clone();
            one.name = format!("{} without {name}", self.kind);
            change(&mut one.settings);
            one
        };
        match self.kind {
            Kind::GraphCl => vec![
                without("content", &|settings| settings.graphcl.content = false),
                without("edges among items by Swing", &|settings| settings.graphcl.swing_weight = 0.0),
                without("edges among items by content", &|settings| settings.graphcl.content_weight = 0.0),
                without("contrast", &|settings| settings.graphcl.contrast = 0.0),
                without("sampled softmax (BPR instead)", &|settings| settings.graphcl.link = Link::Bpr),
            ],
            _ => Vec::new(),
        }
    }

    /// The same for exactly so many epochs, where it is trained by epochs.
    fn for_epochs(mut self, epochs: usize) -> Self {
        match self.kind {
            Kind::LightGcn => self.settings.lightgcn.epochs = epochs,
            Kind::Sim => self.settings.sim.epochs = epochs,
            Kind::GraphCl => self.settings.graphcl.epochs = epochs,
            _ => {}
        }
        self
    }

    /// Settings with this seed.
    pub(super) fn seeded(&self, seed: u64) -> Settings {
        self.settings.clone().with_seed(seed)
    }

    /// Trains it; `validation` chooses the epoch.
    pub(super) fn fit(
        &self,
        seed: u64,
        data: &Dataset,
        validation: Option<&Interactions>,
        progress: &mut dyn FnMut(&Epoch),
    ) -> kairos_representation::Result<Fitted> {
        let mut best: Option<(f64, usize)> = None;
        let mut watch = |epoch: &Epoch| {
            if let Some(at) = epoch.validation
                && best.is_none_or(|(recall, _)| at.recall > recall)
            {
                best = Some((at.recall, epoch.epoch));
            }
            progress(epoch);
        };
        let settings = self.seeded(seed);
        if self.kind == Kind::Mmbee {
            let model = Mmbee::train(data, &settings.mmbee, validation, progress)?;
            let chosen = model.chosen().to_vec();
            let judge = |held| ablations(&model, &data.interactions, held, &KS);
            let without = validation.map_or(Ok(Vec::new()), judge)?;
            return Ok(Fitted { model: Box::new(model), best_epoch: None, chosen, without });
        }
        let model = train(self.kind, data, validation, &settings, &mut watch)?;
        let best_epoch = best.map(|(_, epoch)| epoch);
        Ok(Fitted { model, best_epoch, chosen: Vec::new(), without: Vec::new() })
    }

    /// What was fitted, on other rows: the same parts with the same weights, or as many epochs as were best. Nothing is
    /// chosen anew, so that what is kept is what was judged.
    pub(super) fn again(
        &self,
        seed: u64,
        fitted: Fitted,
        data: &Dataset,
        progress: &mut dyn FnMut(&Epoch),
    ) -> kairos_representation::Result<Fitted> {
        if self.kind == Kind::Mmbee {
            let model = Mmbee::of_chosen(data, fitted.chosen.clone(), progress)?;
            return Ok(Fitted { model: Box::new(model), ..fitted });
        }
        let again = match fitted.best_epoch {
            Some(epoch) => self.clone().for_epochs(epoch),
            None => self.clone(),
        };
        again.fit(seed, data, None, progress)
    }
}
