-- The published stories, as rooms beside recognition may read them. A view and not a table: a story that is taken down is gone from it in
-- the same instant, and no second copy of its words exists. Names nobody.
create view told_stories as
    select n.id as story, n.guild_id as guild_id, r.quarter as quarter, n.program as program, n.tag_name as stands_for,
           n.happened as happened, n.changed as changed
    from nominations n join recognition_rounds r on r.id = n.round_id
    where n.state = 'published';
