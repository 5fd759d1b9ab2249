import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {registry} from "@web/core/registry";
import {LeadKanbanController} from "./lead_kanban_controller";
import {LeadKanbanModel} from "./lead_kanban_model";
import {LeadKanbanRenderer} from "./lead_kanban_renderer";

registry.category("views").add("dealer_lead_kanban", {
    ...rottingKanbanView,
    Controller: LeadKanbanController,
    Model: LeadKanbanModel,
    Renderer: LeadKanbanRenderer,
});
