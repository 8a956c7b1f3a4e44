// @ts-check
/* What the page does once it is there. */

import { startHero } from "#hero";
import { startOwn } from "#own";
import { offerCopies, watchPictures } from "#pictures";
import { startWalk } from "#walk";
import { startWidth } from "#width";
import { watchFolds, watchSections } from "#navigation";

startHero();
startOwn();
startWidth();
startWalk();
watchSections();
watchFolds();
watchPictures();
offerCopies();
