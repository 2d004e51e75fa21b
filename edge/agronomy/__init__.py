"""Published figures and formulas: crops and soils, reference evapotranspiration, weather that brings disease."""
