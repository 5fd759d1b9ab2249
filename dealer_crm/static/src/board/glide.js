import {browser} from "@web/core/browser/browser";

const DURATION = 350;

/** Let an element glide from a rectangle to its place. */
export async function glide(element, {left, top}) {
    if (browser.matchMedia("(prefers-reduced-motion: reduce)").matches) {
        return;
    }
    const end = element.getBoundingClientRect();
    const move = `translate(${left - end.left}px, ${top - end.top}px)`;
    element.classList.add("o_dealer_gliding");
    try {
        const options = {duration: DURATION, easing: "ease-out"};
        await element.animate([{transform: move}, {transform: "none"}], options).finished;
    } catch {
        // The card was removed meanwhile.
    } finally {
        element.classList.remove("o_dealer_gliding");
    }
}
