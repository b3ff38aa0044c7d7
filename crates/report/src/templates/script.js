(function(){
var box=document.querySelector('.picker');if(!box)return;
var pick=box.querySelector('select'),out=box.querySelector('#picked');
function show(){var t=box.querySelector('template[data-day="'+pick.value+'"]');out.replaceChildren(t.content.cloneNode(true));}
box.addEventListener('click',function(e){var m=e.target.getAttribute&&e.target.getAttribute('data-move');if(!m)return;
pick.selectedIndex=Math.min(pick.options.length-1,Math.max(0,pick.selectedIndex+Number(m)));show();});
pick.addEventListener('change',show);box.hidden=false;show();
})();
