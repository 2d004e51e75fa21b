"""Generated C beside scikit-learn: golden rows, agreement, this computer, emulated boards, budgets."""
