//! Systems of linear equations of a few unknowns.

/// Solves `a · x = b` in place; `a` is square, row by row. None where it has no single solution.
pub fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N).max_by(|&p, &q| a[p][column].abs().total_cmp(&a[q][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        let lead = a[column][column];
        if lead.abs() < 1e-12 || !lead.is_finite() {
            return None;
        }
        for row in column + 1..N {
            let factor = a[row][column] / lead;
            let pivot = a[column];
            for (value, above) in a[row].iter_mut().zip(pivot).skip(column) {
                *value -= factor * above;
            }
            b[row] -= factor * b[column];
        }
    }
    let mut x = [0.0; N];
    for row in (0..N).rev() {
        let rest: f64 = (row + 1..N).map(|at| a[row][at] * x[at]).sum();
        x[row] = (b[row] - rest) / a[row][row];
    }
    Some(x)
}
