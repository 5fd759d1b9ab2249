// The order of leads on the server, where the view has no other.
const DEFAULT_ORDER = [
    {name: "priority", asc: false},
    {name: "id", asc: false},
];

function getValue(record, name) {
    const value = name === "id" ? record.resId : record.data[name];
    return value?.display_name ?? value;
}

function isEmpty(value) {
    return value === undefined || value === null || value === false;
}

// As PostgreSQL does, empty values are the greatest.
function compareValues(one, other) {
    if (isEmpty(one) || isEmpty(other)) {
        return isEmpty(one) - isEmpty(other);
    }
    if (typeof one === "string") {
        return one.localeCompare(other);
    }
    return one - other;
}

function compare(one, other, order) {
    for (const {name, asc} of order) {
        const result = compareValues(getValue(one, name), getValue(other, name));
        if (result) {
            return asc === false ? -result : result;
        }
    }
    return 0;
}

/** The index at which ``record`` belongs among the cards of a column. */
export function findPlace(record, records, orderBy) {
    const order = orderBy.length ? orderBy : DEFAULT_ORDER;
    const index = records.findIndex((each) => compare(record, each, order) < 0);
    return index < 0 ? records.length : index;
}
