/* A classifier of your own. Type a row of four lengths in mm into the serial monitor, as "51 35 14 2", and read what iris it is.
 *
 * iris.c and iris.h come of scikit-learn's data on 150 irises:
 *     tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit((load_iris().data * 10).round(), load_iris().target)
 *     joblib.dump(tree, "iris.joblib")
 * and `cooee port iris.joblib --classes setosa,versicolor,virginica`. */
#include <cooee.h>
#include "iris.h"

static const char *const names[IRIS_CLASS_COUNT] = {"setosa", "versicolor", "virginica"};

void setup()
{
    Serial.begin(115200);
}

void loop()
{
    static int16_t row[IRIS_FEATURE_COUNT];
    static uint8_t filled;

    if (Serial.available() == 0) {
        return;
    }
    row[filled] = (int16_t)Serial.parseInt();
    if (++filled < IRIS_FEATURE_COUNT) {
        return;
    }
    filled = 0;
    while (Serial.peek() == '\r' || Serial.peek() == '\n') {
        Serial.read();
    }
    uint8_t percent = 0;
    uint8_t found = iris_classify(row, &percent);
    Serial.print(names[found]);
    Serial.print(' ');
    Serial.print(percent);
    Serial.println(" %");
}
