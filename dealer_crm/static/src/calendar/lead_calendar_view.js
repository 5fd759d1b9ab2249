import {CalendarModel} from "@web/views/calendar/calendar_model";
import {calendarView} from "@web/views/calendar/calendar_view";
import {registry} from "@web/core/registry";

/** What is to do comes first, then with whom: "Call: Mei Lin · Volta Electric". */
class LeadCalendarModel extends CalendarModel {
    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(rawRecord);
        const activity = rawRecord.activity_summary || rawRecord.activity_type_id?.[1];
        if (activity) {
            record.title = `${activity}: ${record.title}`;
        }
        return record;
    }
}

registry.category("views").add("dealer_lead_calendar", {
    ...calendarView,
    Model: LeadCalendarModel,
});
