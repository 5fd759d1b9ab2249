import {SampleServer} from "@web/model/sample_server";

// Odoo knows samples by the day and longer; Waiting for First Contact groups by the hour.
SampleServer.FORMATS.hour = "HH:00 dd MMM";
SampleServer.DISPLAY_FORMATS.hour = SampleServer.FORMATS.hour;
SampleServer.INTERVALS.hour = (time) => time.plus({hours: 1});
