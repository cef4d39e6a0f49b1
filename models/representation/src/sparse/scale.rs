//! Scalings and blocks of sparse matrices that graph methods are written in.
//!
//! Invariants: a row or column without values stays empty; no division by zero.

use super::Csr;

fn inverse_power(sum: f64, power: f64) -> f64 {
    if sum > 0.0 { sum.powf(-power) } else { 0.0 }
}

impl Csr {
    /// Sum of the values of each row.
    #[must_use]
    pub fn row_sums(&self) -> Vec<f64> {
        (0..self.rows()).map(|row| self.row(row).1.iter().map(|&x| f64::from(x)).sum()).collect()
    }

    /// Sum of the values of each column.
    #[must_use]
    pub fn column_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns()];
        for row in 0..self.rows() {
            for (column, value) in self.pairs(row) {
                sums[column] += f64::from(value);
            }
        }
        sums
    }

    /// `D_rows^-a · M · D_columns^-b` with the sums of rows and columns on the diagonals: `a = b = 1/2` is the
    /// symmetric normalisation of graph convolution, `a = 1, b = 0` a mean over neighbours.
    #[must_use]
    pub fn normalised(&self, a: f64, b: f64) -> Self {
        let rows: Vec<f64> = self.row_sums().into_iter().map(|sum| inverse_power(sum, a)).collect();
        let columns: Vec<f64> = self.column_sums().into_iter().map(|sum| inverse_power(sum, b)).collect();
        let mut made = self.clone();
        made.map(|row, column, value| (f64::from(value) * rows[row] * columns[column]) as f32);
        made
    }

    /// The square matrix `[[R, M], [Mᵀ, S]]` over rows and columns together: a bipartite graph as one, with `R`
    /// among the rows and `S` among the columns if there are any.
    #[must_use]
    pub fn bipartite(&self, among_rows: Option<&Self>, among_columns: Option<&Self>) -> Self {
        let (rows, columns) = (self.rows(), self.columns());
        let mut triples = Vec::with_capacity(2 * self.len());
        for row in 0..rows {
            for (column, value) in self.pairs(row) {
                let (from, to) = (row as u32, (rows + column) as u32);
                triples.extend([(from, to, value), (to, from, value)]);
            }
        }
        for (graph, first) in [(among_rows, 0), (among_columns, rows)] {
            let Some(graph) = graph else { continue };
            for row in 0..graph.rows() {
                let shifted = |at: usize| (first + at) as u32;
                triples.extend(graph.pairs(row).map(|(to, value)| (shifted(row), shifted(to), value)));
            }
        }
        Self::from_triples(rows + columns, rows + columns, triples)
    }
}
