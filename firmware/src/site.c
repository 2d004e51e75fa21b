#include "cooee/site.h"

#include "cooee/flash.h"

COOEE_SHARED bool site_valid(const struct cooee_site *site)
{
    return 0 <= site->wilting_point_e4 && site->wilting_point_e4 < site->field_capacity_e4
        && site->field_capacity_e4 <= site->saturation_e4 && 0 < site->depletion_fraction_e3
        && site->depletion_fraction_e3 <= 1000;
}
